import { readProcessLimits } from '../model/process-limits.ts';
import { pollerHeapLimitMb } from '../poller/heap-limit.ts';
import { PollerWorker } from '../poller/poller-worker.ts';
import type { Command } from './command.ts';
import { hangUps, untilSignal } from './signals.ts';

/** Imports little: the poller thread is to load its modules while main loads its own. */
export const serve: Command = async (args, terminal) => {
  // From here on, so that a signal during the start does what it should.
  const signals = { stopped: untilSignal(), onHangUp: hangUps() };
  const poller = new PollerWorker(pollerHeapLimitMb(readProcessLimits().memoryBytes));
  const { serveUntilStopped } = await import('./serving.ts');
  return serveUntilStopped(args, terminal, { ...signals, poller });
};
