import { createHash } from 'node:crypto';
import { type Plan, serverKeyOf, type Task } from '../model/plan.ts';
import { chunksOf } from '../model/steps.ts';
import type { SharedTask } from './exchange.ts';
import type { SharedTasks } from './fleet-protocol.ts';
import type { SharedPlan } from './tenure.ts';

const DAY_MS = 86_400_000;
/** A replica that comes back after a long weekend still finds what was known. */
const LEAST_KEPT_MS = 7 * DAY_MS;
/** Old samples are not shown, but their times still are. */
const KEPT_MAX_AGES = 3;

/** What of a plan the replicas of a fleet share, some at a time. A server of several targets may be told several times. */
export function* sharedTasksOf({ targets, tasks }: Plan): Generator<SharedTasks> {
  for (const chunk of chunksOf(targets)) {
    yield { servers: chunk.filter(({ shared }) => shared).map(serverKeyOf), tasks: [] };
  }
  for (const chunk of chunksOf(tasks)) {
    yield { servers: [], tasks: chunk.filter(({ target }) => target.shared).map(toSharedTask) };
  }
}

/** In the store, a task whose samples mean something else is another task, so that two configurations do not mix. */
export function sharedIdOf({ key, samplesFingerprint }: Task): string {
  return digest([key, samplesFingerprint]);
}

export function toSharedPlan({ servers, tasks }: SharedTasks): SharedPlan {
  const counts = new Map<string, number>(servers.map((server) => [server, 0]));
  for (const { server } of tasks) counts.set(server, (counts.get(server) ?? 0) + 1);
  // A server without tasks is still asked whether it is up.
  const weights = new Map(Array.from(counts, ([server, count]) => [server, Math.max(1, count)]));
  return {
    weights,
    configDigest: digest(tasks.map(({ id }) => id).sort()).slice(0, 8),
    serversDigest: digest([...weights].sort()).slice(0, 8),
  };
}

function toSharedTask(task: Task): SharedTask {
  const { key, target, query } = task;
  const keepMs = Math.max(LEAST_KEPT_MS, KEPT_MAX_AGES * (query.maxAgeMs ?? 0));
  return { key, server: serverKeyOf(target), id: sharedIdOf(task), keepMs };
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}
