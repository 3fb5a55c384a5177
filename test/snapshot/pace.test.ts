import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatheringMs, pauseMs } from '../../src/snapshot/pace.ts';

test('pages of one scrape after the other take a twentieth of the thread, or gather a quarter of a second', () => {
  assert.equal(gatheringMs({ tookMs: 0, scraped: true }), 250);
  assert.equal(gatheringMs({ tookMs: 10, scraped: true }), 250);
  assert.equal(gatheringMs({ tookMs: 20, scraped: true }), 380);
  assert.equal(gatheringMs({ tookMs: 50, scraped: true }), 950);
});

test('no page is older than a second, however long it takes', () => {
  assert.equal(gatheringMs({ tookMs: 200, scraped: true }), 1_000);
  assert.equal(gatheringMs({ tookMs: 200, scraped: false }), 1_000);
});

test('a page that nobody got is followed by the next after a second', () => {
  assert.equal(gatheringMs({ tookMs: 0, scraped: false }), 1_000);
});

test('work that may have a tenth of the time pauses nine times as long as it took', () => {
  assert.equal(pauseMs(3, 1 / 10), 27);
  assert.equal(pauseMs(0, 1 / 10), 0);
});
