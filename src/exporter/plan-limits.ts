import type { Plan, Target } from '../model/plan.ts';
import type { ProcessLimits } from '../model/process-limits.ts';
import { engineNamed } from '../sql/engines.ts';

/** Threads, the log, the port, files that are read and written: 36 at rest, and some for what comes and goes. */
const OWN_DESCRIPTORS = 64;
/** Enough for Prometheus and a few people; more than this many at one time are no scrapers. */
const CLIENTS = { least: 16, most: 512 } as const;
/** Code, two heaps and the pages of an ordinary plan. */
const OWN_BYTES = 128 * 1024 ** 2;
const MIB = 1024 ** 2;

/** How many clients leave the descriptors alone that the databases of the plan and files need. */
export function clientsBeside(plan: Plan, { descriptors }: ProcessLimits): number {
  if (descriptors === null) return CLIENTS.most;
  const left = descriptors - OWN_DESCRIPTORS - databaseDescriptors(plan);
  return Math.min(CLIENTS.most, Math.max(CLIENTS.least, left));
}

/** What the plan may need at its worst and this process may not have, one line each. */
export function planBeyondLimits(plan: Plan, { descriptors, memoryBytes }: ProcessLimits): readonly string[] {
  const problems: string[] = [];
  const needed = OWN_DESCRIPTORS + CLIENTS.least + databaseDescriptors(plan);
  if (descriptors !== null && needed > descriptors) {
    problems.push(
      `the connections of ${plan.targets.length} targets may need ${needed} file descriptors, and this process may open ` +
        `${descriptors}: raise its limit (LimitNOFILE= of the service, ulimit -n), or lower max_connections`,
    );
  }
  const bytes = resultBytes(plan);
  if (bytes + OWN_BYTES > memoryBytes) {
    problems.push(
      `results that are read at one time may take ${mib(bytes)} (max_bytes of up to ${plan.maxRunning} runs), and this ` +
        `process may use ${mib(memoryBytes)}: lower max_bytes or max_running, or raise its limit (MemoryMax= of the service)`,
    );
  }
  return problems;
}

/** One for each connection, and for each server one that stops statements. */
function databaseDescriptors(plan: Plan): number {
  let sum = 0;
  const ofEngine = new Map<string, number>();
  for (const [{ engine }, connections] of serversOf(plan)) {
    ofEngine.set(engine, (ofEngine.get(engine) ?? 0) + connections + 1);
  }
  for (const [engine, count] of ofEngine)
    sum += Math.min(count, engineNamed(engine as Target['engine']).maxSessions ?? count);
  return sum;
}

/** The largest results that can come together: as many of each server as it has connections, and `max_running` of all. */
function resultBytes(plan: Plan): number {
  const ofServer = new Map<string, number[]>();
  for (const { query, target } of plan.tasks) {
    const sizes = ofServer.get(target.server);
    if (sizes === undefined) ofServer.set(target.server, [query.maxBytes]);
    else sizes.push(query.maxBytes);
  }
  const largest = serversOf(plan).flatMap(([{ server }, connections]) =>
    (ofServer.get(server) ?? []).sort(descending).slice(0, connections),
  );
  return largest
    .sort(descending)
    .slice(0, plan.maxRunning)
    .reduce((sum, size) => sum + size, 0);
}

/** A target of each server, and how many connections the server gets. */
function serversOf({ targets }: Plan): readonly (readonly [Target, number])[] {
  const servers = new Map<string, readonly [Target, number]>();
  for (const target of targets) {
    const connections = Math.max(target.maxConnections, servers.get(target.server)?.[1] ?? 0);
    servers.set(target.server, [target, connections]);
  }
  return [...servers.values()];
}

function descending(a: number, b: number): number {
  return b - a;
}

function mib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}
