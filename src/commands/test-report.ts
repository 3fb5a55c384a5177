import { describeRejections } from '../metrics/rejection-log.ts';
import type { Task } from '../model/plan.ts';
import type { RefreshEnd } from '../refresh/refresher.ts';
import type { RowWatch } from './row-watch.ts';

/** How one query on one target went. */
export interface Run {
  readonly task: Task;
  readonly end: RefreshEnd;
  readonly watch: RowWatch;
  readonly tookMs: number;
}

/** What a line begins with. */
const WORDS = {
  result: 'ok',
  failure: 'failed',
  not_applicable: 'skipped',
  skipped: 'skipped',
  stopped: 'stopped',
} as const satisfies Readonly<Record<RefreshEnd['kind'], string>>;

/** Of the word at the beginning and of the time. */
const WIDTHS = { word: 8, time: 7 } as const;

/** Whether it fails the test: `strict`, also where samples were rejected. */
export function isBad({ end }: Run, strict: boolean): boolean {
  if (end.kind === 'result') return strict && end.rejections.length > 0;
  return end.kind !== 'not_applicable';
}

/** The line of a run that has ended, and below it what is to be said about it. */
export function reportRun(run: Run, explain: boolean): string {
  const { end, watch, tookMs } = run;
  const remarks = explain ? watch.explanation() : [];
  const head = `${WORDS[end.kind].padEnd(WIDTHS.word)}${showTime(tookMs).padStart(WIDTHS.time)}  ${describe(run)}`;
  return [head, ...[...remarks, ...remarksOf(run)].map((remark) => `  ${remark}`)].join('\n');
}

/** How many failed, and why each did. */
export function totalOf(runs: readonly Run[], strict: boolean): string {
  const bad = runs.filter((run) => isBad(run, strict));
  const idle = runs.filter(({ end }) => end.kind === 'not_applicable').length;
  const besides = idle === 0 ? '' : `, ${idle} not applicable`;
  if (bad.length === 0) return `none of ${runs.length} failed${besides}`;
  const lines = bad.flatMap((run) => [
    describe(run),
    ...(run.end.kind === 'result' ? remarksOf(run).map((remark) => `  ${remark}`) : []),
  ]);
  return [`${bad.length} of ${runs.length} failed${besides}:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function describe({ task: { query, target }, end }: Run): string {
  const place = `query "${query.name}" on target "${target.name}": `;
  switch (end.kind) {
    case 'failure':
      // Its message names the place already.
      return `(${end.failure.reason}) ${end.failure.message}`;
    case 'not_applicable':
      return `${place}not applicable: ${end.why}`;
    case 'result':
      return `${place}${counted(end.rows, 'row')} → ${end.series} series`;
    case 'skipped':
      return `${place}skipped (${end.reason}): ${end.why}`;
    case 'stopped':
      return `${place}stopped`;
    default:
      return end satisfies never;
  }
}

function remarksOf({ end, watch }: Run): readonly string[] {
  if (end.kind !== 'result') return [];
  return [...end.rejections.map((rejection) => describeRejections([rejection])), ...watch.remarks(end.series)];
}

function counted(count: number, word: string): string {
  return `${count} ${count === 1 ? word : `${word}s`}`;
}

function showTime(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
