import type { Task } from '../model/plan.ts';

/** Works through tasks, or what else has a target, in their order, on each server as many at a time as it has connections. Rejects as `work` does. */
export async function runInLanes<T extends Pick<Task, 'target'>>(
  tasks: readonly T[],
  maxRunning: number,
  work: (task: T) => Promise<void>,
): Promise<void> {
  const waiting = new Set(tasks);
  const connections = new Map<string, number>();
  for (const { target } of tasks) {
    connections.set(target.server, Math.max(connections.get(target.server) ?? 1, target.maxConnections));
  }
  const running = new Map<string, number>();
  const runningOn = (server: string): number => running.get(server) ?? 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const next = [...waiting].find(({ target: { server } }) => runningOn(server) < (connections.get(server) ?? 1));
      if (next === undefined) return;
      const { server } = next.target;
      waiting.delete(next);
      running.set(server, runningOn(server) + 1);
      await work(next);
      running.set(server, runningOn(server) - 1);
    }
  };
  // A worker that finds every server at its limit leaves; those that hold the connections go on with what waits.
  await Promise.all(Array.from({ length: Math.min(maxRunning, tasks.length) }, worker));
}
