import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownMetricName } from '../../src/model/own-metrics.ts';
import type { Task } from '../../src/model/plan.ts';
import { finish } from '../../src/model/steps.ts';
import { PartBoard } from '../../src/snapshot/part-board.ts';
import { TaskLines } from '../../src/snapshot/task-lines.ts';
import { aQuery, aTarget, aTask } from './fixtures.ts';

const FAMILY = ownMetricName('query_rows');

/** Three parts and a bit. */
const TASKS = Array.from({ length: 100 }, (_, i) => aTask(aQuery('orders'), aTarget(`db${i}`), ['orders']));

/** The lines on a board, and what they are to be. */
function arranged(tasks: readonly Task[]) {
  const board = new PartBoard();
  finish(board.declare([]));
  const lines = new TaskLines(board, [FAMILY]);
  finish(lines.arrange(tasks));
  const said = new Map<Task, readonly string[]>();
  const say = (task: Task, texts: readonly string[]): void => {
    lines.set(FAMILY, task.key, texts);
    said.set(task, texts);
  };
  const check = (order: readonly Task[]): void => {
    finish(lines.flush());
    const parts = [...(board.families.family(FAMILY)?.parts ?? [])].sort(([a], [b]) => Number(a) - Number(b));
    const shown = parts.map(([, { text }]) => Buffer.from(text).toString()).join('');
    assert.equal(shown, order.flatMap((task) => said.get(task) ?? []).join(''));
    const series = parts.reduce((sum, [, part]) => sum + part.series, 0);
    assert.equal(series, order.flatMap((task) => said.get(task) ?? []).length);
  };
  return { lines, say, check, said };
}

test('lines about tasks come, grow, shrink and go in their places, whatever alphabet they have', () => {
  const { say, check } = arranged(TASKS);
  for (let round = 0; round < 20; round++) {
    for (const [i, task] of TASKS.entries()) {
      const die = (i * 7 + round * 13) % 11;
      if (die < 4)
        say(
          task,
          Array.from({ length: die }, (_, n) => `${'ä€'.repeat((i + round) % 5)} ${n}\n`),
        );
    }
    check(TASKS);
  }
});

test('what is said about a task stays where the tasks change, though it was not on the page yet', () => {
  const { lines, say, check, said } = arranged(TASKS);
  for (const [i, task] of TASKS.entries()) say(task, [`line ${i}\n`]);
  check(TASKS);
  say(TASKS[40] as Task, ['another\n', 'and one more\n']);
  const fewer = TASKS.filter((_, i) => i % 3 !== 0).reverse();
  finish(lines.arrange(fewer));
  check(fewer);
  const part = lines.partOf(
    FAMILY,
    [TASKS[2], TASKS[0], TASKS[40]].map((task) => (task as Task).key),
  );
  assert.equal(Buffer.from(part.text).toString(), 'another\nand one more\nline 2\n');
  assert.equal(part.series, 3);
  // A task that comes back says nothing until something is said about it.
  finish(lines.arrange(TASKS));
  for (const [i, task] of TASKS.entries()) if (i % 3 === 0) said.delete(task);
  check(TASKS);
});
