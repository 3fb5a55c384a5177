import type { TaskJson } from '../end-to-end/program.ts';
import { MAX_CONNECTIONS } from './bench.ts';
import type { Holdings, Peaks, Usage } from './observer.ts';
import type { ThreadName } from './probe.ts';
import type { ScrapeReport } from './scraper.ts';

/** Everything that a soak found out. */
export interface Findings {
  readonly minutes: number;
  /** When the first fault was due. */
  readonly startUnixMs: number;
  readonly faults: number;
  readonly scrapes: ScrapeReport;
  readonly tasks: readonly TaskJson[];
  readonly peaks: Peaks;
  /** Before the first fault. */
  readonly before: Holdings;
  /** After everything has healed. */
  readonly after: Holdings;
  /** While faults happened, after the warm-up. */
  readonly usages: readonly Usage[];
  /** What was left after garbage was collected. */
  readonly heaps: Readonly<Record<'warm' | 'end', Readonly<Record<ThreadName, number>>>>;
  /** Of the exporter, after it has ended. */
  readonly sessionsLeft: number;
  readonly healedInMs: number | null;
  readonly pollerRestarts: number;
  readonly exitStatus: number | null;
  readonly logLines: readonly string[];
}

export interface Figure {
  readonly name: string;
  readonly value: string;
  /** Null: for information. */
  readonly isGood: boolean | null;
}

/** What the project promises of a scrape. */
const SCRAPE_MS = 100;
/** Code that is compiled late, and what the latest failures say. */
const LIVE_GROWTH_MB = 3;
/**
 * V8 fills four times of what is in use in each thread before it collects all (`letHeapGrow`). Node.js itself, its code and its
 * threads take the next; then a result of `max_bytes` for each connection of each server.
 */
const RESIDENT = { ofLive: 4, nodeMb: 100, resultMb: 16.8 } as const;
/** Lines tell of changes of state, and once a minute of what stays wrong: not of each of a thousand failures. */
const LOG_LINES = { start: 100, aMinute: 100 } as const;

export function judge(findings: Findings): Figure[] {
  const { tasks, peaks, before, after, usages, logLines } = findings;
  const { scrapes, problems } = findings.scrapes;
  const took = scrapes.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const [slowest] = scrapes
    .map(({ atMs, tookMs, starvedMs }) => ({ atMs, fedMs: tookMs - starvedMs }))
    .sort((a, b) => b.fedMs - a.fedMs);
  if (slowest === undefined) throw new Error('nothing was scraped');
  const [most] = usages.toSorted((a, b) => b.residentBytes - a.residentBytes);
  if (most === undefined) throw new Error('the exporter was not looked at');
  const second = (atUnixMs: number): string => `${((atUnixMs - findings.startUnixMs) / 1_000).toFixed(0)} s`;
  const lines = logLines.length / findings.minutes;
  const faulty = logLines.filter((line) => /level=error|\bfault\b/.test(line));
  const budget = MAX_CONNECTIONS + 1;
  const liveMb = sum(Object.values(findings.heaps.end)) / 1e6;
  const allowedMb =
    RESIDENT.ofLive * liveMb + RESIDENT.nodeMb + RESIDENT.resultMb * MAX_CONNECTIONS * peaks.sessions.length;
  return [
    info('faults', `${findings.faults} in ${findings.minutes} min`),
    info('refreshes', `${sum(tasks.map(({ refreshes }) => refreshes))}`),
    info('failures', countsOf(tasks.map(({ failures }) => failures))),
    info('skips', countsOf(tasks.map(({ skips }) => skips))),
    figure(
      'scrapes that were no whole page',
      `${problems.length} of ${took.length}${example(problems)}`,
      problems.length === 0,
    ),
    info(
      'time of a scrape',
      `median ${ms(share(took, 0.5))}, p99 ${ms(share(took, 0.99))}, slowest ${ms(share(took, 1))}`,
    ),
    figure(
      'slowest scrape, without waiting for a processor',
      `${ms(slowest.fedMs)} at ${second(slowest.atMs)}`,
      slowest.fedMs < SCRAPE_MS,
    ),
    ...peaks.sessions.map((most, index) =>
      figure(
        `most sessions on server ${index + 1}`,
        `${most} (sockets: ${peaks.sockets[index]}), allowed: ${budget}`,
        most <= budget && (peaks.sockets[index] ?? 0) <= budget,
      ),
    ),
    figure(
      'most statements of one task at one time',
      `${peaks.perTask}${example(peaks.crowdedTasks)}`,
      peaks.perTask <= 1,
    ),
    live('main', findings),
    live('poller', findings),
    figure(
      'most resident memory',
      `${mb(most.residentBytes)} at ${second(most.atMs)}, allowed: ${allowedMb.toFixed(0)} MB`,
      most.residentBytes <= allowedMb * 1e6,
    ),
    ...(['descriptors', 'sockets', 'timers'] as const).map((kind) =>
      figure(kind, `${before[kind]} before, ${after[kind]} after`, after[kind] <= before[kind] + SLACK[kind]),
    ),
    figure(
      'all queries well again',
      findings.healedInMs === null ? 'never' : `${(findings.healedInMs / 1_000).toFixed(1)} s after the last fault`,
      findings.healedInMs !== null,
    ),
    figure('restarts of the poller', `${findings.pollerRestarts}`, findings.pollerRestarts === 0),
    figure('sessions left on the servers at the end', `${findings.sessionsLeft}`, findings.sessionsLeft === 0),
    figure('exit status', `${findings.exitStatus}`, findings.exitStatus === 0),
    figure('lines of log that speak of an error of its own', `${faulty.length}${example(faulty)}`, faulty.length === 0),
    figure(
      'lines of log',
      `${logLines.length}, ${lines.toFixed(0)} a minute`,
      logLines.length <= LOG_LINES.start + LOG_LINES.aMinute * findings.minutes,
    ),
  ];
}

/** Connections to servers come and go; a timer may be between firing and being set. */
const SLACK = { descriptors: 2, sockets: 2, timers: 4 } as const;

function info(name: string, value: string): Figure {
  return { name, value, isGood: null };
}

function figure(name: string, value: string, isGood: boolean): Figure {
  return { name, value, isGood };
}

function live(thread: ThreadName, { heaps: { warm, end }, usages }: Findings): Figure {
  const heapOf = thread === 'main' ? 'mainHeapBytes' : 'pollerHeapBytes';
  const most = Math.max(...usages.map((usage) => usage[heapOf]));
  const value = `${mb(warm[thread])} in use after the warm-up, ${mb(end[thread])} at the end; with garbage ${mb(most)} at most`;
  return figure(`heap of the ${thread} thread`, value, end[thread] - warm[thread] <= LIVE_GROWTH_MB * 1e6);
}

function countsOf(counts: readonly Readonly<Record<string, number>>[]): string {
  const total = new Map<string, number>();
  for (const count of counts)
    for (const [name, n] of Object.entries(count)) total.set(name, (total.get(name) ?? 0) + n);
  return [...total].map(([name, n]) => `${name} ${n}`).join(', ') || 'none';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function share(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(sorted.length * part) - 1] ?? 0;
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function example([first]: readonly string[]): string {
  return first === undefined ? '' : `, such as ${first}`;
}
