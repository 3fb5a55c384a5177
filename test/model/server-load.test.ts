import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_RUNS, withRun } from '../../src/model/recent-runs.ts';
import { loadOf, loadOfServers } from '../../src/model/server-load.ts';
import type { TargetName } from '../../src/model/words.ts';
import { type TargetParts, targetOf } from '../support/plan-parts.ts';

const target = (name: string, parts: TargetParts) => targetOf({ name: name as TargetName, ...parts });
const task = (name: string, load: number | null) => ({ target: name as TargetName, load });

test('the load of a task is its mean duration by its period, and unknown before it ran', () => {
  const runs = (...durations: readonly number[]) =>
    durations.reduce(
      (before, durationMs) => withRun(before, { finishedAtMs: 1, durationMs, rows: 1, failure: null }),
      NO_RUNS,
    );
  assert.equal(loadOf(runs(), 30_000), null);
  assert.equal(loadOf(runs(1_000, 1_000, 13_000), 10_000), 0.5);
  assert.equal(loadOf(runs(30_000), 10_000), 3);
});

test('targets that share a server share its load and the most of their connections', () => {
  const a = target('a', { server: 'db1:3306', maxConnections: 1 });
  const b = target('b', { server: 'db1:3306', maxConnections: 3 });
  const other = target('other', { server: 'db2:3306', maxConnections: 2 });
  const idle = target('idle', { server: 'db3:3306', maxConnections: 2 });
  const tasks = [
    task('a', 0.5),
    task('b', 0.25),
    task('a', 0.75),
    task('b', null),
    task('other', 2),
    task('idle', null),
  ];
  const loadFor = loadOfServers([a, b, other, idle], tasks);
  assert.deepEqual([a, b, other, idle].map(loadFor), [
    { load: 1.5, maxConnections: 3 },
    { load: 1.5, maxConnections: 3 },
    { load: 2, maxConnections: 2 },
    { load: null, maxConnections: 2 },
  ]);
});

test('servers of two engines with one address are two servers', () => {
  const one = target('one', { engine: 'mysql', server: 'db:4000' });
  const two = target('two', { engine: 'postgres', server: 'db:4000' });
  const loadFor = loadOfServers([one, two], [task('one', 1), task('two', 0.5)]);
  assert.deepEqual([loadFor(one).load, loadFor(two).load], [1, 0.5]);
});
