import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../support/daemon.ts';

/** What a thread of the exporter says about itself. */
export interface ThreadState {
  readonly heapBytes: number;
  /** What of it was in use at the last wanted collection, and the number of that. */
  readonly liveBytes: number;
  readonly collection: number;
  /** What keeps its event loop alive, by kind: timers, sockets, requests. */
  readonly active: Readonly<Record<string, number>>;
}

export const THREADS = ['main', 'poller'] as const;
export type ThreadName = (typeof THREADS)[number];

/** An environment in which both threads of the exporter write their state into a folder, once a second. */
export function probeOptions(folder: string): NodeJS.ProcessEnv {
  const files = { main: threadFile(folder, 'main'), poller: threadFile(folder, 'poller'), wanted: wantedFile(folder) };
  const preload = `import { readFileSync, renameSync, writeFileSync } from 'node:fs';
    import { setFlagsFromString } from 'node:v8';
    import { runInNewContext } from 'node:vm';
    import { isMainThread } from 'node:worker_threads';
    const files = ${JSON.stringify(files)};
    const file = isMainThread ? files.main : files.poller;
    const heap = () => process.memoryUsage().heapUsed;
    let collection = 0;
    let liveBytes = 0;
    const collect = () => {
      setFlagsFromString('--expose-gc');
      runInNewContext('gc')();
      return heap();
    };
    const wanted = () => { try { return Number(readFileSync(files.wanted)); } catch { return 0; } };
    setInterval(() => {
      if (wanted() > collection) {
        collection = wanted();
        liveBytes = collect();
      }
      const active = {};
      for (const kind of process.getActiveResourcesInfo()) active[kind] = (active[kind] ?? 0) + 1;
      writeFileSync(file + '.new', JSON.stringify({ heapBytes: heap(), liveBytes, collection, active }));
      renameSync(file + '.new', file);
    }, 1000).unref();`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` };
}

/** Lets both threads collect their garbage, and gives what is left, in bytes. */
export async function measureLiveHeaps(folder: string): Promise<Readonly<Record<ThreadName, number>>> {
  const number =
    1 + Math.max(0, ...THREADS.map((name) => (isThere(folder, name) ? readThread(folder, name).collection : 0)));
  await writeFile(wantedFile(folder), String(number));
  const states = await until('both threads to collect their garbage', 20_000, () => {
    if (!THREADS.every((name) => isThere(folder, name))) return undefined;
    const [main, poller] = [readThread(folder, 'main'), readThread(folder, 'poller')];
    return main.collection === number && poller.collection === number ? { main, poller } : undefined;
  });
  return { main: states.main.liveBytes, poller: states.poller.liveBytes };
}

export function readThread(folder: string, name: ThreadName): ThreadState {
  return JSON.parse(readFileSync(threadFile(folder, name), 'utf8')) as ThreadState;
}

function isThere(folder: string, name: ThreadName): boolean {
  return existsSync(threadFile(folder, name));
}

function wantedFile(folder: string): string {
  return join(folder, 'wanted-collection');
}

function threadFile(folder: string, name: ThreadName): string {
  return join(folder, `state-${name}`);
}
