import { describeRejections } from '../metrics/rejection-log.ts';
import type { Task } from '../model/plan.ts';
import type { Outcome } from '../model/update.ts';
import type { RowWatch } from './row-watch.ts';

/** How one query on one target went. */
export interface Run {
  readonly task: Task;
  /** Null: it was stopped. */
  readonly outcome: Outcome | null;
  readonly watch: RowWatch;
  readonly tookMs: number;
}

/** Of the word at the beginning and of the time. */
const WIDTHS = { word: 8, time: 7 } as const;

/** Whether it fails the test: `strict`, also where samples were rejected. */
export function isBad({ outcome }: Run, strict: boolean): boolean {
  if (outcome === null || outcome.kind === 'failure') return true;
  return strict && outcome.kind === 'result' && outcome.rejections.length > 0;
}

/** The line of a run that has ended, and below it what is to be said about it. */
export function reportRun(run: Run, explain: boolean): string {
  const { outcome, watch, tookMs } = run;
  const remarks = explain ? watch.explanation() : [];
  const head = `${wordOf(outcome).padEnd(WIDTHS.word)}${showTime(tookMs).padStart(WIDTHS.time)}  ${describe(run)}`;
  return [head, ...[...remarks, ...remarksOf(run)].map((remark) => `  ${remark}`)].join('\n');
}

/** How many failed, and why each did. */
export function totalOf(runs: readonly Run[], strict: boolean): string {
  const bad = runs.filter((run) => isBad(run, strict));
  const idle = runs.filter(({ outcome }) => outcome?.kind === 'not_applicable').length;
  const besides = idle === 0 ? '' : `, ${idle} not applicable`;
  if (bad.length === 0) return `none of ${runs.length} failed${besides}`;
  const lines = bad.flatMap((run) => [
    describe(run),
    ...(run.outcome?.kind === 'result' ? remarksOf(run).map((remark) => `  ${remark}`) : []),
  ]);
  return [`${bad.length} of ${runs.length} failed${besides}:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function wordOf(outcome: Outcome | null): string {
  if (outcome === null) return 'stopped';
  if (outcome.kind === 'failure') return 'failed';
  return outcome.kind === 'not_applicable' ? 'skipped' : 'ok';
}

function describe({ task: { query, target }, outcome }: Run): string {
  const place = `query "${query.name}" on target "${target.name}": `;
  if (outcome === null) return `${place}stopped`;
  switch (outcome.kind) {
    case 'failure':
      // Its message names the place already.
      return `(${outcome.failure.reason}) ${outcome.failure.message}`;
    case 'not_applicable':
      return `${place}not applicable: ${outcome.why}`;
    case 'result':
      return `${place}${counted(outcome.rows, 'row')} → ${outcome.series} series`;
    default:
      return outcome satisfies never;
  }
}

function remarksOf({ outcome, watch }: Run): readonly string[] {
  if (outcome?.kind !== 'result') return [];
  return [...outcome.rejections.map((rejection) => describeRejections([rejection])), ...watch.remarks(outcome.series)];
}

function counted(count: number, word: string): string {
  return `${count} ${count === 1 ? word : `${word}s`}`;
}

function showTime(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
