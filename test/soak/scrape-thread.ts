/** Scrapes a page every 50 ms, in a thread of its own so that nothing else delays its clock. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, get, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import type { Scrape, ScrapeOrder, ScrapeReport } from './scraper.ts';

const EVERY_MS = 50;
const SAMPLE =
  /^[a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*",?)*\})? (?:[-+]?[\d.]+(?:e[-+]?\d+)?|NaN|[-+]Inf)$/;

const { url, pid, tasks } = workerData as ScrapeOrder;
const agent = new Agent({ keepAlive: true });
const scrapes: Scrape[] = [];
const problems: string[] = [];
let isOver = false;
parentPort?.once('message', () => {
  isOver = true;
});

for (let dueMs = performance.now(); !isOver; dueMs = Math.max(dueMs + EVERY_MS, performance.now())) {
  await sleep(Math.max(0, dueMs - performance.now()));
  const atMs = Date.now();
  const startedMs = performance.now();
  const starvedMs = starvation();
  const end = () => scrapes.push({ atMs, tookMs: performance.now() - startedMs, starvedMs: starvation() - starvedMs });
  try {
    const { status, body } = await scrape(scrapes.length % 2 === 0 ? 'gzip' : 'identity');
    end();
    const problem = status === 200 ? problemOf(body().toString()) : `status ${status}`;
    if (problem !== null) problems.push(problem);
  } catch (error) {
    end();
    problems.push(error instanceof Error ? error.message : String(error));
  }
}
agent.destroy();
parentPort?.postMessage({ scrapes, problems } satisfies ScrapeReport);

async function scrape(encoding: string): Promise<{ readonly status: number; readonly body: () => Buffer }> {
  const request = get(url, { agent, headers: { 'Accept-Encoding': encoding } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const bytes = await buffer(response);
  // Unpacked later: that is not the time of the exporter.
  const isPacked = response.headers['content-encoding'] === 'gzip';
  return { status: response.statusCode ?? 0, body: () => (isPacked ? gunzipSync(bytes) : bytes) };
}

/** How long the main thread of the exporter and this one have waited for a processor; see sched-stats in the kernel's docs. */
function starvation(): number {
  const waited = [`/proc/${pid}/task/${pid}/schedstat`, '/proc/thread-self/schedstat'].map((path) =>
    Number(readFileSync(path, 'latin1').split(' ')[1]),
  );
  return waited.reduce((sum, ns) => sum + ns / 1e6, 0);
}

/** Null: the page is whole and Prometheus can read every line of it. */
function problemOf(page: string): string | null {
  if (!page.endsWith('\n')) return 'the last line is not ended';
  let known = 0;
  for (const line of page.slice(0, -1).split('\n')) {
    if (line.startsWith('query_exporter_query_refreshes_total{')) known += 1;
    if (!line.startsWith('# HELP ') && !line.startsWith('# TYPE ') && !SAMPLE.test(line)) return `the line "${line}"`;
  }
  return known === tasks ? null : `${known} of ${tasks} tasks`;
}
