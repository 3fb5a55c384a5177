import type { PollerStatus, Status, TargetStatus, TaskStatus } from '../../model/status.ts';
import { formatCount, formatSpan } from './format.ts';
import { countAll, countStates, nameOf, type StateCounts } from './view.ts';

/** What is wrong, since when, and what next. */
export interface Headline {
  /** Changes only when something changes its state, so that a screen reader stays quiet. */
  readonly what: string;
  /** Times, which change all the while; empty where nothing is to be added. */
  readonly when: string;
}

/** Less than this is the ordinary delay of a busy host. */
const LATE_MS = 1_000;

const BAD = ['target_down', 'failing', 'stale', 'suspended', 'rejecting'] as const;

export function headlineOf(status: Status): Headline {
  const counts = countStates(status.tasks);
  const { what, when } = BAD.some((state) => counts[state] > 0) ? wrong(status, counts) : well(status, counts);
  return { what, when: [...when, ...ownTroubles(status.poller)].join(', ') };
}

/** As one sentence. */
export function sentenceOf({ what, when }: Headline): string {
  return when === '' ? what : `${what}, ${when}`;
}

function ownTroubles({ state, lagMs }: PollerStatus): readonly string[] {
  if (state === 'restarting') return ['what runs the queries crashed and is being started again'];
  return lagMs !== null && lagMs >= LATE_MS ? [`the exporter itself is late by up to ${formatSpan(lagMs)}`] : [];
}

interface Said {
  readonly what: string;
  readonly when: readonly string[];
}

function wrong({ tasks, targets, nowMs }: Status, counts: StateCounts): Said {
  const [first, ...rest] = BAD.filter((state) => counts[state] > 0);
  if (first === undefined) return { what: '', when: [] };
  const others = rest.map((state) => `, ${formatCount(counts[state])} ${nameOf(state)}`).join('');
  const ofTotal = `${formatCount(counts[first])} ${ofAll(tasks.length)}`;
  if (first === 'target_down') {
    const down = targets.filter(({ tasksWaiting }) => tasksWaiting > 0);
    const verb = counts[first] === 1 ? 'waits' : 'wait';
    return { what: `${ofTotal} ${verb} for ${nameTargets(down)}${others}`, when: sinceDown(down, nowMs) };
  }
  const affected = tasks.filter(({ state }) => state === first);
  return { what: `${ofTotal} ${nameOf(first)}${others}`, when: sinceFailing(affected, nowMs) };
}

function well({ targets, nowMs }: Status, counts: StateCounts): Said {
  const total = countAll(counts);
  if (total === 0) return { what: 'No tasks are configured', when: [] };
  const applicable = total - counts.not_applicable;
  const others = counts.not_applicable === 0 ? '' : `, ${formatCount(counts.not_applicable)} not applicable`;
  const down = targets.filter(({ health }) => health.standing === 'down');
  if (counts.fresh < applicable) {
    return { what: `${formatCount(counts.fresh)} ${ofAll(total)} fresh, the others have no result yet`, when: [] };
  }
  const fresh = applicable === 1 ? 'The one task is fresh' : `All ${formatCount(applicable)} tasks fresh`;
  const what = applicable === 0 ? `None ${ofAll(total)} is applicable` : `${fresh}${others}`;
  if (down.length === 0) return { what, when: [] };
  return { what: `${what}, but no answer from ${nameTargets(down)}`, when: sinceDown(down, nowMs) };
}

function ofAll(total: number): string {
  return `of ${formatCount(total)} ${total === 1 ? 'task' : 'tasks'}`;
}

function nameTargets(targets: readonly TargetStatus[]): string {
  const [only] = targets;
  return targets.length === 1 ? `target ${only?.name}` : `${formatCount(targets.length)} targets`;
}

function sinceDown(targets: readonly TargetStatus[], nowMs: number): readonly string[] {
  const since = earliest(targets.map(({ health }) => health.downSinceMs));
  const nextTry = earliest(targets.map(({ health }) => health.nextTryAtMs));
  const reasons = targets.map(({ health }) => health.lastFailure?.reason);
  return [...forHowLong('down for', since, reasons, nowMs), ...next('try', nextTry, nowMs)];
}

function sinceFailing(tasks: readonly TaskStatus[], nowMs: number): readonly string[] {
  const since = earliest(tasks.map(({ failingSinceMs }) => failingSinceMs));
  const nextRun = earliest(tasks.map(({ nextAtMs }) => nextAtMs));
  const reasons = tasks.map(({ lastFailure, missed }) => (missed === null ? lastFailure?.reason : undefined));
  // Said already, where that is what is wrong.
  const words = tasks.every(({ state }) => state === 'failing') ? 'for' : 'failing for';
  return [...forHowLong(words, since, reasons, nowMs), ...next('run', nextRun, nowMs)];
}

/** Of several, the one that it has lasted for the longest; the reason where it is the same for all. */
function forHowLong(
  words: string,
  sinceMs: number | null,
  reasons: readonly (string | undefined)[],
  nowMs: number,
): readonly string[] {
  if (sinceMs === null) return [];
  const [reason] = reasons;
  const shared = reason !== undefined && reasons.every((other) => other === reason) ? ` (${reason})` : '';
  return [`${words} ${reasons.length > 1 ? 'up to ' : ''}${formatSpan(nowMs - sinceMs)}${shared}`];
}

function next(word: string, atMs: number | null, nowMs: number): readonly string[] {
  if (atMs === null) return [];
  return [`next ${word} ${atMs > nowMs ? `in ${formatSpan(atMs - nowMs)}` : 'now'}`];
}

function earliest(times: readonly (number | null)[]): number | null {
  return times.reduce((first, time) => (first === null || (time !== null && time < first) ? time : first), null);
}
