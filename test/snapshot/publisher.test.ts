import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Publisher } from '../../src/snapshot/publisher.ts';
import { SetClock } from '../refresh/set-clock.ts';

function aPublisher(options: { readonly sampleProcess?: () => void } = {}) {
  const clock = new SetClock();
  clock.stall(1_000);
  const times: number[] = [];
  const publisher = new Publisher({ publish: () => void times.push(clock.monotonic()), clock, ...options });
  return { clock, times, publisher };
}

test('the first change is published at once, those of the next quarter of a second together', () => {
  const { clock, times, publisher } = aPublisher();
  publisher.changed();
  assert.deepEqual(times, [1_000]);
  for (let i = 0; i < 100; i++) {
    clock.passQuickly(1);
    publisher.changed();
  }
  clock.passQuickly(149);
  assert.deepEqual(times, [1_000]);
  clock.passQuickly(1);
  assert.deepEqual(times, [1_000, 1_250]);
});

test('after a quiet time a change is published at once again', () => {
  const { clock, times, publisher } = aPublisher();
  publisher.changed();
  clock.passQuickly(250);
  publisher.changed();
  assert.deepEqual(times, [1_000, 1_250]);
});

test('while nothing changes nothing happens', () => {
  const { clock, times, publisher } = aPublisher();
  publisher.changed();
  clock.passQuickly(60_000);
  assert.deepEqual([times.length, clock.pendingTimers], [1, 0]);
});

test('the process is sampled every five seconds, where that is wanted', () => {
  let samples = 0;
  const { clock, times, publisher } = aPublisher({ sampleProcess: () => void samples++ });
  clock.passQuickly(10_000);
  assert.deepEqual([samples, times], [3, [1_000, 6_000, 11_000]]);
  publisher[Symbol.dispose]();
  clock.passQuickly(10_000);
  assert.deepEqual([samples, clock.pendingTimers], [3, 0]);
});

test('a publisher that was disposed of publishes nothing any more', () => {
  const { clock, times, publisher } = aPublisher();
  publisher.changed();
  publisher.changed();
  publisher[Symbol.dispose]();
  publisher.changed();
  clock.passQuickly(1_000);
  assert.deepEqual([times.length, clock.pendingTimers], [1, 0]);
});

test('while a publisher is held the page stays, and what came meanwhile is published when it is let go', () => {
  const { clock, times, publisher } = aPublisher();
  publisher.changed();
  publisher.changed();
  {
    using _held = publisher.hold();
    publisher.changed();
    clock.passQuickly(10_000);
    assert.deepEqual(times, [1_000]);
  }
  assert.deepEqual(times, [1_000, 11_000]);
});
