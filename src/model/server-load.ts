import { serverKeyOf, type Target } from './plan.ts';
import { meanDurationMs, type RecentRuns } from './recent-runs.ts';
import type { TargetName } from './words.ts';

/** How busy the tasks of all its targets keep a server. */
export interface ServerLoad {
  /** How many of their refreshes are under way at one time, on average. Null: it is known of no task. */
  readonly load: number | null;
  /** How many connections they share. */
  readonly maxConnections: number;
}

/**
 * Which part of the time a task is under way; above 1: it takes longer than its period. The mean of its durations, because
 * means can be added up, and because one slow refresh in ten keeps a connection busy too. Null: it has not run.
 */
export function loadOf(runs: RecentRuns, periodMs: number): number | null {
  const meanMs = meanDurationMs(runs);
  return meanMs === null ? null : meanMs / periodMs;
}

/** The load of a target's server: the same for all of `targets` that share it. */
export function loadOfServers(
  targets: readonly Target[],
  tasks: Iterable<{ readonly target: TargetName; readonly load: number | null }>,
): (target: Target) => ServerLoad {
  const loads = new Map<TargetName, number>();
  for (const { target, load } of tasks) {
    if (load !== null) loads.set(target, (loads.get(target) ?? 0) + load);
  }
  const servers = new Map<string, ServerLoad>();
  for (const target of targets) {
    const { load, maxConnections } = servers.get(serverKeyOf(target)) ?? { load: null, maxConnections: 0 };
    servers.set(serverKeyOf(target), {
      load: add(load, loads.get(target.name) ?? null),
      maxConnections: Math.max(maxConnections, target.maxConnections),
    });
  }
  return (target) => servers.get(serverKeyOf(target)) ?? { load: null, maxConnections: target.maxConnections };
}

function add(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : a + b;
}
