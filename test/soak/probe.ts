import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a thread of the exporter says about itself. */
export interface ThreadState {
  readonly heapBytes: number;
  /** What keeps its event loop alive, by kind: timers, sockets, requests. */
  readonly active: Readonly<Record<string, number>>;
}

export const THREADS = ['main', 'poller'] as const;
type ThreadName = (typeof THREADS)[number];

/** An environment in which both threads of the exporter write their state into a folder, once a second. */
export function probeOptions(folder: string): NodeJS.ProcessEnv {
  const preload = `import { renameSync, writeFileSync } from 'node:fs';
    import { isMainThread } from 'node:worker_threads';
    const file = isMainThread ? ${JSON.stringify(threadFile(folder, 'main'))} : ${JSON.stringify(threadFile(folder, 'poller'))};
    setInterval(() => {
      const active = {};
      for (const kind of process.getActiveResourcesInfo()) active[kind] = (active[kind] ?? 0) + 1;
      writeFileSync(file + '.new', JSON.stringify({ heapBytes: process.memoryUsage().heapUsed, active }));
      renameSync(file + '.new', file);
    }, 1000).unref();`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` };
}

export function readThread(folder: string, name: ThreadName): ThreadState {
  return JSON.parse(readFileSync(threadFile(folder, name), 'utf8')) as ThreadState;
}

export function threadFile(folder: string, name: ThreadName): string {
  return join(folder, `state-${name}`);
}
