import { readdirSync, readFileSync } from 'node:fs';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Part } from '../model/outcome.ts';
import type { ProcessMetric } from '../model/own-metrics.ts';
import { maxDescriptors } from '../model/process-limits.ts';
import type { MetricName } from '../model/words.ts';
import { toPart } from './block.ts';

/** How often the event loop is watched: what an idle process costs is mostly waking up. */
const LAG_RESOLUTION_MS = 500;

/** Of this process. */
export class ProcessMetrics implements Disposable {
  readonly #lag: IntervalHistogram = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });

  /** The event loop is looked at only while somebody reads what comes of it. */
  watch(isWatched: boolean): void {
    if (isWatched) this.#lag.enable();
    else this.#lag.disable();
    this.#lag.reset();
  }

  /** One part per process metric; what the system does not tell is left out. Synchronous, well below a millisecond. */
  collect(): readonly Part[] {
    const cpu = process.cpuUsage();
    // Opens a file, so it throws where no descriptor is left.
    const memory = readOrNull(() => process.memoryUsage());
    const values: Record<ProcessMetric, number | null> = {
      process_cpu_seconds_total: (cpu.user + cpu.system) / 1e6,
      process_resident_memory_bytes: memory?.rss ?? null,
      process_virtual_memory_bytes: readOrNull(readVirtualBytes),
      process_start_time_seconds: performance.timeOrigin / 1e3,
      process_open_fds: readOrNull(countOpenFiles),
      process_max_fds: maxDescriptors(),
      nodejs_heap_size_used_bytes: memory?.heapUsed ?? null,
      nodejs_heap_size_total_bytes: memory?.heapTotal ?? null,
      nodejs_external_memory_bytes: memory?.external ?? null,
      nodejs_eventloop_lag_p99_seconds: this.#takeLag(),
    };
    return Object.entries(values).flatMap(([name, value]) => {
      if (value === null) return [];
      return [toPart(name as MetricName, 1, new TextEncoder().encode(`${name} ${value}\n`))];
    });
  }

  [Symbol.dispose](): void {
    this.#lag.disable();
  }

  /** What the histogram holds is the time between two looks, the wanted one included. Null where there were none yet. */
  #takeLag(): number | null {
    if (this.#lag.count === 0) return null;
    const seconds = Math.max(0, this.#lag.percentile(99) / 1e9 - LAG_RESOLUTION_MS / 1e3);
    this.#lag.reset();
    return seconds;
  }
}

/** The 23rd field of proc(5) `stat`; the second one, in brackets, may hold spaces. */
function readVirtualBytes(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[20]);
}

function countOpenFiles(): number {
  // One of them is the folder that is being read.
  return readdirSync('/proc/self/fd').length - 1;
}

/** Only Linux has these files, a sandbox may hide them, and the descriptors may be used up. */
export function readOrNull<Value>(read: () => Value): Value | null {
  try {
    const value = read();
    return Number.isNaN(value) ? null : value;
  } catch {
    return null;
  }
}
