import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clientsBeside, planBeyondLimits } from '../../src/exporter/plan-limits.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { TargetName } from '../../src/model/words.ts';
import { planOf, taskOf } from '../refresh/plans.ts';
import type { TargetParts } from '../support/plan-parts.ts';

const GIB = 1024 ** 3;
const AMPLE = { descriptors: 1_000_000, memoryBytes: 1_000 * GIB };

/** One query on each of so many targets, each on a server of its own unless told otherwise. */
function planOn(targets: number, target: TargetParts = {}, overrides: Partial<Plan> = {}): Plan {
  const tasks = Array.from({ length: targets }, (_, index) =>
    taskOf({ query: { maxBytes: 64 * 1024 ** 2 }, target: { name: `db${index}` as TargetName, ...target } }),
  );
  return planOf(tasks, overrides);
}

describe('clients', () => {
  test('are 512 where there is room for them', () => {
    assert.equal(clientsBeside(planOn(1), { ...AMPLE, descriptors: 1_024 }), 512);
    assert.equal(clientsBeside(planOn(1), { ...AMPLE, descriptors: null }), 512);
  });

  test('leave those descriptors alone that the databases need', () => {
    const { descriptors } = { descriptors: 1_024 };
    const one = clientsBeside(planOn(200, { maxConnections: 2 }), { ...AMPLE, descriptors });
    const more = clientsBeside(planOn(210, { maxConnections: 2 }), { ...AMPLE, descriptors });
    // Two connections and one that stops statements, for each of ten servers.
    assert.equal(one - more, 30);
    const oneServer = planOn(300, { maxConnections: 2, server: 'db:3306' });
    assert.equal(clientsBeside(oneServer, { ...AMPLE, descriptors }), 512);
  });

  test('are some even where the databases need all of them', () => {
    assert.equal(clientsBeside(planOn(5_000), { ...AMPLE, descriptors: 1_024 }), 16);
  });
});

describe('a plan that may need more than there is', () => {
  test('is said with what it needs, what there is, and what to do', () => {
    const [problem, ...others] = planBeyondLimits(planOn(1_100), { ...AMPLE, descriptors: 1_024 });
    assert.equal(
      problem,
      'the connections of 1100 targets may need 3380 file descriptors, and this process may open 1024: raise its limit ' +
        '(LimitNOFILE= of the service, ulimit -n), or lower max_connections',
    );
    assert.deepEqual(others, []);
    assert.deepEqual(planBeyondLimits(planOn(1_100), { ...AMPLE, descriptors: 3_380 }), []);
    assert.deepEqual(planBeyondLimits(planOn(1_100), { ...AMPLE, descriptors: null }), []);
  });

  test('counts the results that can come together: of each server as many as connections, of all max_running', () => {
    const memoryOf = (plan: Plan) =>
      planBeyondLimits(plan, { ...AMPLE, memoryBytes: 0 }).map((text) => /may take (\d+ MiB)/.exec(text)?.[1]);
    assert.deepEqual(memoryOf(planOn(10)), ['640 MiB']);
    assert.deepEqual(memoryOf(planOn(10, { server: 'db:3306', maxConnections: 3 })), ['192 MiB']);
    assert.deepEqual(memoryOf(planOn(10, {}, { maxRunning: 4 })), ['256 MiB']);
    assert.match(
      planBeyondLimits(planOn(10), { ...AMPLE, memoryBytes: GIB / 2 })[0] ?? '',
      /this process may use 512 MiB: lower max_bytes or max_running/,
    );
    assert.deepEqual(planBeyondLimits(planOn(10), { ...AMPLE, memoryBytes: GIB }), []);
  });

  test('may have more tasks than a call takes arguments', () => {
    const task = taskOf();
    const plan = planOf(Array.from({ length: 200_000 }, () => task));
    assert.deepEqual(planBeyondLimits(plan, AMPLE), []);
  });
});
