import { Worker } from 'node:worker_threads';
import type { ConfigSources } from '../config/load.ts';
import { errorText } from '../language/error-text.ts';
import type { EncodedPlan } from '../model/encoded-plan.ts';
import type { FleetSettings } from '../model/fleet-terms.ts';
import type { ProcessLimits } from '../model/process-limits.ts';
import { pollerHeapLimitMb } from '../poller/heap-limit.ts';
import type { ConfigNotes } from './config-notes.ts';

export interface ReadingRequest {
  readonly sources: ConfigSources;
  /** Of the plan that is made. */
  readonly revision: number;
  readonly nowMs: number;
  /** The plan in force. */
  readonly before: EncodedPlan;
  /** In force; a reload does not change it. */
  readonly fleet: FleetSettings | null;
  readonly limits: ProcessLimits;
}

export type Reading =
  | {
      readonly kind: 'read';
      readonly plan: EncodedPlan;
      /** From the plan in force. */
      readonly difference: EncodedPlan;
      /** The configuration as YAML, secrets masked. */
      readonly maskedYaml: string;
      readonly notes: ConfigNotes;
    }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

/** Reads and checks a configuration in a thread of its own. Rejects with the reason of the signal, which ends the thread. */
export function readConfigAside(request: ReadingRequest, signal: AbortSignal): Promise<Reading> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./config-thread.js', import.meta.url), {
      name: 'configuration',
      workerData: request,
      // As much as the poller's: a configuration that takes more is refused, before the system ends the process.
      resourceLimits: { maxOldGenerationSizeMb: pollerHeapLimitMb(request.limits.memoryBytes) },
    });
    const abort = () => {
      reject(signal.reason);
      void worker.terminate();
    };
    signal.addEventListener('abort', abort, { once: true });
    // Nothing of ours is harmed by what goes wrong there, such as that its heap is full.
    const fail = (why: string) => resolve({ kind: 'refused', problems: [`it cannot be read: ${why}`] });
    worker.on('message', resolve);
    worker.on('error', (error) => fail(errorText(error)));
    worker.on('exit', (code) => {
      signal.removeEventListener('abort', abort);
      fail(`exit code ${code}`);
    });
  });
}
