import { writeFile } from 'node:fs/promises';

/** Where an error is thrown that nobody expects. */
export type FaultPlace = 'main' | 'main, as a rejection' | 'poller';

/**
 * Breaks the program from outside: a module that Node loads before the program's own throws when a file appears. `env`
 * is what the program is to be started with.
 */
export function prepareFault(place: FaultPlace, file: string): { env: NodeJS.ProcessEnv; strike(): Promise<void> } {
  const preload = `import { unlinkSync } from 'node:fs';
    import { isMainThread, workerData } from 'node:worker_threads';
    if (isMainThread ? ${place !== 'poller'} : ${place === 'poller'} && 'heartbeat' in workerData) {
      setInterval(() => {
        try { unlinkSync(${JSON.stringify(file)}); } catch { return; }
        ${place === 'main, as a rejection' ? "void Promise.reject(new Error('injected'))" : "throw new Error('injected')"};
      }, 10).unref();
    }`;
  return {
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` },
    strike: async () => {
      await writeFile(file, '');
    },
  };
}
