import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSlow, type Waiter, WaitingLine } from '../../src/sql/pool/waiting-line.ts';

interface Named extends Waiter {
  readonly name: string;
}

describe('a line of those who wait', () => {
  test('serves them in the order of their coming', () => {
    const line = lineOf(waiter('a'), waiter('b'), waiter('c'));
    assert.equal(line.size, 3);
    assert.deepEqual(serveAll(line), ['a', 'b', 'c']);
    assert.equal(line.size, 0);
    assert.equal(line.first(true), null);
  });

  test('serves first whom it served longest ago, however often others come back', () => {
    const line = new WaitingLine<Named>();
    const [first, second, third] = [{}, {}, {}];
    const round = (): string[] => {
      for (const one of [waiter('first', first), waiter('second', second), waiter('third', third)]) line.add(one);
      return serveAll(line);
    };
    assert.deepEqual(round(), ['first', 'second', 'third']);
    for (let more = 0; more < 3; more++) {
      line.add(waiter('first', first));
      assert.deepEqual(serveAll(line), ['first']);
      assert.deepEqual(round(), ['second', 'third', 'first']);
    }
  });

  test('keeps the turn of whom it served in vain', () => {
    const line = new WaitingLine<Named>();
    const [first, second] = [{}, {}];
    line.add(waiter('first', first));
    serveAll(line);
    const inVain = waiter('second', second);
    line.add(inVain);
    line.serve(inVain)();
    for (const one of [waiter('first', first), waiter('second', second)]) line.add(one);
    assert.deepEqual(serveAll(line), ['second', 'first']);
  });

  test('forgets who gives up', () => {
    const gone = waiter('b');
    const line = lineOf(waiter('a'), gone, waiter('c'));
    line.delete(gone);
    assert.deepEqual(serveAll(line), ['a', 'c']);
  });

  test('lets slow ones be passed over, and else gives them their turn', () => {
    const line = lineOf(waiter('slow', {}, 60_000), waiter('quick'), waiter('slow too', {}, 60_000));
    assert.equal(line.first(true)?.name, 'slow');
    assert.equal(line.first(false)?.name, 'quick');
    assert.deepEqual(serveAll(line), ['slow', 'quick', 'slow too']);
  });

  test('puts pings first, however little time they have', () => {
    const line = lineOf(waiter('a'), waiter('ping', null, 60_000), waiter('b'));
    assert.deepEqual(serveAll(line, false), ['ping', 'a', 'b']);
  });
});

test('slow is who is given more than ten seconds, but for a ping', () => {
  const slow = [10_000, 10_001].map((limitMs) => isSlow({ guest: {}, limitMs }));
  assert.deepEqual([...slow, isSlow({ guest: null, limitMs: 60_000 })], [false, true, false]);
});

function waiter(name: string, guest: object | null = {}, limitMs = 1_000): Named {
  return { name, guest, limitMs };
}

function lineOf(...waiters: readonly Named[]): WaitingLine<Named> {
  const line = new WaitingLine<Named>();
  for (const one of waiters) line.add(one);
  return line;
}

function serveAll(line: WaitingLine<Named>, withSlow = true): string[] {
  const names: string[] = [];
  for (let next = line.first(withSlow); next !== null; next = line.first(withSlow)) {
    line.serve(next);
    names.push(next.name);
  }
  return names;
}
