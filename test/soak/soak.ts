/**
 * Runs the exporter against two real servers for some minutes, with a fault every ten seconds and a scrape every 50 ms,
 * and prints what it found. Ends with 1 when a bound is broken. Usage: node dist/test/soak/soak.js [--minutes N]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Program } from '../end-to-end/program.ts';
import type { Mariadb } from '../support/mariadb.ts';
import { type Bench, QUERIES, startBench, TARGETS, USER, WRONG_QUERY } from './bench.ts';
import { FAULTS } from './faults.ts';
import { Observer } from './observer.ts';
import { measureLiveHeaps } from './probe.ts';
import { Scraper } from './scraper.ts';
import { type Findings, judge } from './verdicts.ts';

const FAULT_EVERY_MS = 10_000;
/** The memory of a program grows until it has seen everything once. At most a third of the whole time. */
const WARM_UP_MS = 60_000;
/** A refused password is tried again after half a minute. */
const HEALING_MS = 60_000;
/** What is used goes up and down with every refresh: the least of this long is compared. */
const SETTLING_MS = 5_000;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '5' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes wants a number above 0');

await using bench = await startBench();
const figures = judge(await soak(bench, minutes));
const width = Math.max(...figures.map(({ name }) => name.length));
for (const { name, value, isGood } of figures) {
  const sign = isGood === null ? '      ' : isGood ? 'ok    ' : 'BROKEN';
  say(`${sign} ${name.padEnd(width)}  ${value}`);
}
process.exitCode = figures.some(({ isGood }) => isGood === false) ? 1 : 0;

async function soak({ servers, program, folder }: Bench, lengthMinutes: number): Promise<Findings> {
  await program.untilReady();
  await untilWell(program);
  await measureLiveHeaps(folder.path);
  const observer = new Observer(bench);
  const scraper = new Scraper({ url: `${program.url}/metrics`, pid: program.pid, tasks: QUERIES * TARGETS });
  await sleep(SETTLING_MS);
  const before = observer.lowest(SETTLING_MS);

  const startUnixMs = Date.now();
  const startMs = performance.now();
  const warmUpMs = Math.min(WARM_UP_MS, lengthMinutes * 20_000);
  const warm = sleep(warmUpMs).then(() => measureLiveHeaps(folder.path));
  const faults = await injectFaults(servers, program, startMs, lengthMinutes * 60_000);
  const usages = observer.usages.filter(({ atMs }) => atMs > startMs + warmUpMs);
  const healedInMs = await untilWell(program);
  await sleep(SETTLING_MS);
  const after = observer.lowest(SETTLING_MS);
  const heaps = { warm: await warm, end: await measureLiveHeaps(folder.path) };

  const scrapes = await scraper.stop();
  const { tasks, poller } = await program.readStatus();
  await observer.stop();
  const exitStatus = await program.stop();
  const left = await Promise.all(servers.map((server) => server.processlist()));
  return {
    minutes: lengthMinutes,
    startUnixMs,
    faults,
    scrapes,
    tasks,
    peaks: observer.peaks,
    before,
    after,
    usages,
    heaps,
    healedInMs,
    pollerRestarts: poller.restarts,
    exitStatus,
    sessionsLeft: left.flat().filter(({ user }) => user === USER).length,
    logLines: program.stderr.trimEnd().split('\n'),
  };
}

async function injectFaults(
  servers: readonly Mariadb[],
  program: Program,
  startMs: number,
  lengthMs: number,
): Promise<number> {
  const faults = Object.entries(FAULTS);
  let count = 0;
  for (let dueMs = startMs; dueMs < startMs + lengthMs; dueMs = startMs + count * FAULT_EVERY_MS) {
    await sleep(Math.max(0, dueMs - performance.now()));
    const [name, fault] = faults[count % faults.length] ?? [];
    // The next round meets the other server.
    const index = (count + Math.floor(count / faults.length)) % servers.length;
    const server = servers[index];
    say(`${String(Math.round((performance.now() - startMs) / 1_000)).padStart(4)} s  server ${index + 1}: ${name}`);
    if (server !== undefined) await fault?.(server, program);
    count += 1;
  }
  return count;
}

/** How long it took until every query had succeeded from now on; null: it did not come about in time. */
async function untilWell(program: Program): Promise<number | null> {
  const startMs = performance.now();
  const sinceSeconds = Date.now() / 1_000;
  while (performance.now() - startMs < HEALING_MS) {
    const tasks = await program.tasks();
    const isWell = tasks.every(
      ({ query, last_success_timestamp_seconds: seconds }) => query === WRONG_QUERY || (seconds ?? 0) > sinceSeconds,
    );
    if (isWell) return performance.now() - startMs;
    await sleep(100);
  }
  return null;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
