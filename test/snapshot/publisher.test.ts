import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Publisher, type Timers } from '../../src/snapshot/publisher.ts';

/** Timers that run when the test says so. */
class SetTimers implements Timers {
  #nowMs = 1_000;
  #next = 0;
  readonly #waiting = new Map<number, { readonly atMs: number; readonly run: () => void }>();

  get waiting(): number {
    return this.#waiting.size;
  }

  now(): number {
    return this.#nowMs;
  }

  setTimeout(run: () => void, delayMs: number): number {
    this.#waiting.set(++this.#next, { atMs: this.#nowMs + delayMs, run });
    return this.#next;
  }

  clearTimeout(timer: NodeJS.Timeout | number): void {
    this.#waiting.delete(timer as number);
  }

  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#waiting].filter(([, { atMs }]) => atMs <= end).sort(([, a], [, b]) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#waiting.delete(due[0]);
      this.#nowMs = due[1].atMs;
      due[1].run();
    }
    this.#nowMs = end;
  }
}

function aPublisher(options: { readonly sampleProcess?: () => void } = {}) {
  const timers = new SetTimers();
  const times: number[] = [];
  const publisher = new Publisher({ publish: () => void times.push(timers.now()), timers, ...options });
  return { timers, times, publisher };
}

test('the first change is published at once, those of the next quarter of a second together', () => {
  const { timers, times, publisher } = aPublisher();
  publisher.changed();
  assert.deepEqual(times, [1_000]);
  for (let i = 0; i < 100; i++) {
    timers.advance(1);
    publisher.changed();
  }
  timers.advance(149);
  assert.deepEqual(times, [1_000]);
  timers.advance(1);
  assert.deepEqual(times, [1_000, 1_250]);
});

test('after a quiet time a change is published at once again', () => {
  const { timers, times, publisher } = aPublisher();
  publisher.changed();
  timers.advance(250);
  publisher.changed();
  assert.deepEqual(times, [1_000, 1_250]);
});

test('while nothing changes nothing happens', () => {
  const { timers, times, publisher } = aPublisher();
  publisher.changed();
  timers.advance(60_000);
  assert.deepEqual([times.length, timers.waiting], [1, 0]);
});

test('the process is sampled every five seconds, where that is wanted', () => {
  let samples = 0;
  const { timers, times, publisher } = aPublisher({ sampleProcess: () => void samples++ });
  timers.advance(10_000);
  assert.deepEqual([samples, times], [3, [1_000, 6_000, 11_000]]);
  publisher[Symbol.dispose]();
  timers.advance(10_000);
  assert.deepEqual([samples, timers.waiting], [3, 0]);
});

test('a publisher that was disposed of publishes nothing any more', () => {
  const { timers, times, publisher } = aPublisher();
  publisher.changed();
  publisher.changed();
  publisher[Symbol.dispose]();
  publisher.changed();
  timers.advance(1_000);
  assert.deepEqual([times.length, timers.waiting], [1, 0]);
});
