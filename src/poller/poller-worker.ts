import { Worker } from 'node:worker_threads';
import { errorText } from '../language/error-text.ts';
import type { PollerBirth } from './protocol.ts';

/**
 * A poller thread. It loads its modules as soon as it is there, and polls when it is sent a `PollerStart`: what starts one
 * first of all lets it load beside main.
 */
export class PollerWorker {
  readonly worker: Worker;
  readonly heartbeat = new Int32Array(new SharedArrayBuffer(8));
  /** Resolves when it is dead, with the cause. */
  readonly died: Promise<string>;

  constructor(heapLimitMb: number, script?: URL) {
    this.worker = new Worker(script ?? new URL('./poller-thread.js', import.meta.url), {
      name: 'poller',
      workerData: { heartbeat: this.heartbeat } satisfies PollerBirth,
      resourceLimits: { maxOldGenerationSizeMb: heapLimitMb },
    });
    this.died = new Promise((resolve) => {
      this.worker.on('error', (error) => resolve(errorText(error)));
      this.worker.on('exit', (code) => resolve(`exit code ${code}`));
    });
  }
}
