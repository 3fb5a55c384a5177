import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TargetName } from '../../src/model/words.ts';
import { Gate, laneOf } from '../../src/refresh/gate.ts';
import { targetOf } from '../support/plan-parts.ts';
import { settle } from './set-clock.ts';

const a = targetOf({ name: 'a' as TargetName });
const b = targetOf({ name: 'b' as TargetName });
const ROUND = ['second', 'third', 'first again'];

describe('the gate', () => {
  test('lets in as many as may run at all, and then in the order of their arrival', async () => {
    const { enter, inside } = gateOf(2);
    const leave = [await enter('a1', a), await enter('b1', b)];
    const waiting = [enter('a2', a), enter('b2', b)];
    await settle();
    assert.deepEqual(inside, ['a1', 'b1']);
    leave[0]?.();
    await waiting[0];
    assert.deepEqual(inside, ['a1', 'b1', 'a2']);
    leave[1]?.();
    await waiting[1];
    assert.deepEqual(inside, ['a1', 'b1', 'a2', 'b2']);
  });

  test('keeps a server to its connections, so that the places of others stay free', async () => {
    const { enter, inside } = gateOf(64);
    for (let index = 0; index < 100; index++) void enter(`a${index}`, a);
    await enter('b0', b);
    assert.deepEqual(inside, ['a0', 'a1', 'b0']);
  });

  test('gives a free place to the servers in turn, not to the longest queue', async () => {
    const { enter, inside } = gateOf(1);
    const leave = await enter('a0', a);
    const next = [enter('a1', a), enter('a2', a), enter('a3', a), enter('b1', b)];
    leave();
    (await next[0])?.();
    (await next[3])?.();
    (await next[1])?.();
    assert.deepEqual(inside.slice(0, 4), ['a0', 'a1', 'b1', 'a2']);
  });

  test('keeps one place of a server for quick refreshes, where it has two', async () => {
    const { enter, inside } = gateOf(64);
    const leave = await enter('slow1', a, true);
    void enter('slow2', a, true);
    await enter('quick', a);
    assert.deepEqual(inside, ['slow1', 'quick']);
    leave();
    await settle();
    assert.deepEqual(inside, ['slow1', 'quick', 'slow2']);
  });

  test('with one connection lets slow and quick in by their arrival', async () => {
    const single = targetOf({ maxConnections: 1 });
    const { enter, inside } = gateOf(64, [single]);
    const leave = await enter('quick1', single);
    const slow = enter('slow', single, true);
    void enter('quick2', single);
    leave();
    await slow;
    assert.deepEqual(inside, ['quick1', 'slow']);
  });

  test('lets everybody in now and then, however often others come back', async () => {
    const single = targetOf({ maxConnections: 1 });
    const { enter, inside } = gateOf(64, [single]);
    const [first, second, third] = [{}, {}, {}];
    let leave = await enter('first', single, false, first);
    for (let round = 0; round < 2; round++) {
      const back = enter('first again', single, false, first);
      const next = enter(`second`, single, false, second);
      const last = enter(`third`, single, false, third);
      for (const one of [next, last, back]) {
        leave();
        leave = await one;
      }
    }
    assert.deepEqual(inside, ['first', ...ROUND, ...ROUND]);
  });

  test('keeps the turn of who had a place and did nothing with it', async () => {
    const single = targetOf({ maxConnections: 1 });
    const { enter, inside } = gateOf(64, [single]);
    const [first, second] = [{}, {}];
    (await enter('first', single, false, first))();
    const leave = await enter('second', single, false, second);
    leave(false);
    const last = await enter('other', single);
    const waiting = [enter('first again', single, false, first), enter('second again', single, false, second)];
    last();
    (await waiting[1])?.();
    await waiting[0];
    assert.deepEqual(inside, ['first', 'second', 'other', 'second again', 'first again']);
  });

  test('says busy to who waited too long, and does not count him', async () => {
    const { gate, enter, inside } = gateOf(1);
    const leave = await enter('first', a);
    const controller = new AbortController();
    const waiting = gate.enter(laneOf(a), false, {}, controller.signal);
    controller.abort();
    await assert.rejects(waiting, { name: 'RefreshError', reason: 'busy' });
    await assert.rejects(gate.enter(laneOf(a), false, {}, controller.signal), { reason: 'busy' });
    leave();
    await enter('second', a);
    assert.deepEqual(inside, ['first', 'second']);
  });

  test('takes over new limits at once', async () => {
    const { gate, enter, inside } = gateOf(1);
    await enter('a1', a);
    const waiting = enter('a2', a);
    gate.setLimits(2, [a]);
    await waiting;
    assert.deepEqual(inside, ['a1', 'a2']);
  });

  test('sees one server where targets share an address, and the largest of their limits', () => {
    const address = { kind: 'tcp', host: 'DB.test', port: 3306 } as const;
    const lower = { ...address, host: 'db.test' };
    assert.equal(laneOf({ ...a, address }), laneOf({ ...b, address: lower }));
    assert.notEqual(laneOf(a), laneOf(b));
    const memory = { kind: 'file', path: ':memory:' } as const;
    assert.notEqual(laneOf({ ...a, address: memory }), laneOf({ ...b, address: memory }));
  });
});

function gateOf(maxRunning: number, targets = [a, b]) {
  const gate = new Gate();
  gate.setLimits(maxRunning, targets);
  const inside: string[] = [];
  const enter = async (name: string, target: typeof a, slow = false, who: object = {}) => {
    const leave = await gate.enter(laneOf(target), slow, who, new AbortController().signal);
    inside.push(name);
    return leave;
  };
  return { gate, enter, inside };
}
