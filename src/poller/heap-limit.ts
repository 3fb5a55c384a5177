/** Rows are streamed and texts live outside the heap, so more heap than this is a leak or a bug. */
const MOST_MB = 1_024;
const MIB = 1024 ** 2;

/**
 * The heap that the poller may have: half of what the whole process may use, so that a leak ends in a new poller thread
 * before the system ends the process, and the samples with it.
 */
export function pollerHeapLimitMb(memoryBytes: number): number {
  return Math.min(MOST_MB, Math.floor(memoryBytes / 2 / MIB));
}
