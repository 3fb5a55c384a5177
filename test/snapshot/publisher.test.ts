import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Publisher } from '../../src/snapshot/publisher.ts';
import { SetClock } from '../refresh/set-clock.ts';

/** `tookMs`: how long a page takes. */
function aPublisher({
  tookMs = 0,
  samples = null,
  watches = [],
}: {
  readonly tookMs?: number;
  readonly samples?: number[] | null;
  /** Takes each time at which it is said whether the process is watched from now on. */
  readonly watches?: [atMs: number, isWatched: boolean][];
} = {}) {
  const clock = new SetClock();
  clock.stall(1_000);
  const times: number[] = [];
  const publish = () => {
    times.push(clock.monotonic());
    clock.stall(tookMs);
  };
  let publisher: Publisher | null = null;
  const process = {
    sample: () => {
      samples?.push(clock.monotonic());
      publisher?.changed();
    },
    watch: (isWatched: boolean) => watches.push([clock.monotonic(), isWatched]),
  };
  publisher = new Publisher({ publish, clock, ...(samples && { process }) });
  return { clock, times, publisher };
}

test('the first change is published at once, those of the next second together', () => {
  const { clock, times, publisher } = aPublisher();
  publisher.changed();
  assert.deepEqual(times, [1_000]);
  for (let i = 0; i < 100; i++) {
    clock.passQuickly(1);
    publisher.changed();
  }
  clock.passQuickly(899);
  assert.deepEqual(times, [1_000]);
  clock.passQuickly(1);
  assert.deepEqual(times, [1_000, 2_000]);
});

test('where pages are scraped, the next shows what changed in a quarter of a second', () => {
  const { clock, times, publisher } = aPublisher();
  publisher.changed();
  publisher.scraped();
  clock.passQuickly(1);
  publisher.changed();
  clock.passQuickly(249);
  assert.deepEqual(times, [1_000, 1_250]);
});

test('a scrape brings the page that waits forward, but it is answered before', () => {
  const { clock, times, publisher } = aPublisher();
  publisher.changed();
  clock.passQuickly(100);
  publisher.changed();
  publisher.scraped();
  clock.passQuickly(150);
  assert.deepEqual(times, [1_000, 1_250]);
  publisher.changed();
  clock.passQuickly(600);
  publisher.scraped();
  assert.deepEqual(times, [1_000, 1_250]);
  clock.passQuickly(1);
  assert.deepEqual(times, [1_000, 1_250, 1_851]);
});

test('pages that take long leave the thread to others for nineteen times as long, a second at most', () => {
  for (const [tookMs, pages] of [
    [20, [1_000, 1_400, 1_800]],
    [200, [1_000, 2_200, 3_400]],
  ] as const) {
    const { clock, times, publisher } = aPublisher({ tookMs });
    while (times.length < 3) {
      publisher.changed();
      publisher.scraped();
      clock.passQuickly(1);
    }
    assert.deepEqual(times, pages);
  }
});

test('after a quiet time a change is published at once again', () => {
  const { clock, times, publisher } = aPublisher();
  publisher.changed();
  clock.passQuickly(1_000);
  publisher.changed();
  assert.deepEqual(times, [1_000, 2_000]);
});

test('while nothing changes and nobody scrapes nothing happens', () => {
  const samples: number[] = [];
  const { clock, times, publisher } = aPublisher({ samples });
  publisher.changed();
  clock.passQuickly(60_000);
  assert.deepEqual([times.length, samples.length, clock.pendingTimers], [1, 1, 0]);
});

test('the process is sampled every five seconds for a minute after a scrape', () => {
  const samples: number[] = [];
  const { clock, publisher } = aPublisher({ samples });
  publisher.scraped();
  clock.passQuickly(10_000);
  assert.deepEqual(samples, [1_000, 6_000, 11_000]);
  clock.passQuickly(90_000);
  assert.deepEqual([samples.at(-1), clock.pendingTimers], [56_000, 0]);
});

test('the event loop is watched from a scrape on, and no longer than the process is sampled', () => {
  const watches: [number, boolean][] = [];
  const { clock, publisher } = aPublisher({ samples: [], watches });
  clock.passQuickly(60_000);
  assert.deepEqual(watches, []);
  for (let i = 0; i < 3; i++) {
    publisher.scraped();
    clock.passQuickly(15_000);
  }
  clock.passQuickly(90_000);
  assert.deepEqual(watches, [
    [61_000, true],
    [151_000, false],
  ]);
});

test('a scrape after a long time gets a page with new process metrics', () => {
  const samples: number[] = [];
  const { clock, times, publisher } = aPublisher({ samples });
  publisher.changed();
  clock.passQuickly(600_000);
  publisher.changed();
  publisher.scraped();
  assert.deepEqual(samples, [1_000, 601_000]);
  assert.deepEqual(times, [1_000, 601_000, 601_000]);
});

test('a publisher that was disposed of publishes nothing any more', () => {
  const samples: number[] = [];
  const { clock, times, publisher } = aPublisher({ samples });
  publisher.changed();
  publisher.scraped();
  publisher.changed();
  publisher[Symbol.dispose]();
  publisher.changed();
  publisher.scraped();
  clock.passQuickly(10_000);
  assert.deepEqual([times.length, samples.length, clock.pendingTimers], [1, 1, 0]);
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
