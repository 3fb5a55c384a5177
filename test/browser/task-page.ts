import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunReply } from '../../src/model/poller-request.ts';
import { NO_RUNS, withRun } from '../../src/model/recent-runs.ts';
import type { TaskDetail } from '../../src/model/task-detail.ts';
import type { MetricName } from '../../src/model/words.ts';
import { queryOf } from '../support/plan-parts.ts';
import { failing, NOW_MS, serve, toDetail, toRuns, toTask } from '../web/fixtures.ts';
import { assertReadable, SCHEMES, screenshot, VIEWPORTS, visit } from './browser.ts';

const TASK = '/task?query=orders&target=prod01';
const SQL = `select state, count(*) as n, max(id) as last_id
from orders
where placed_at > now() - interval 1 day -- the open ones
group by state`;

function wave(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => 12 * (1.5 + Math.sin(index * 1.7)));
}

function toWell(): TaskDetail {
  const lines = ['cancelled', 'delivered', 'new', 'packed', 'paid', 'shipped'].map(
    (state, index) => `shop_orders{region="eu-central",state="${state}",target="prod01"} ${7 ** index}`,
  );
  const orders = {
    name: 'shop_orders' as MetricName,
    type: 'gauge',
    help: 'Orders by state',
    series: 6,
    lines,
  } as const;
  return toDetail({
    status: toTask({ collector: 'shop', recentRuns: toRuns(wave(20)) }),
    query: queryOf({ sql: SQL, description: 'How many orders of the last day are in each state', maxAgeMs: 300_000 }),
    metrics: [
      orders,
      { ...orders, name: 'shop_last_order_id' as MetricName, type: 'counter', help: 'Their last id', lines: [] },
    ],
  });
}

function toFailing(): TaskDetail {
  const recentRuns = [16, 17, 18, 19].reduce(
    (runs, index) =>
      withRun(runs, {
        finishedAtMs: NOW_MS - (19 - index) * 30_000 - 12_000,
        durationMs: index === 17 ? 10_000 : 3 * index,
        rows: index === 18 ? 900 : null,
        failure: index === 17 ? 'timeout' : index === 18 ? null : 'query',
      }),
    toRuns(wave(16), 4),
  );
  return {
    ...toWell(),
    status: failing({ recentRuns, skips: { overlap: 2, backoff: 11 }, rejected: { duplicate: 3 } }),
  };
}

for (const [name, make] of [
  ['well', toWell],
  ['failing', toFailing],
] as const) {
  for (const scheme of SCHEMES) {
    test(`a task that is ${name} is readable in the ${scheme} scheme, on a desk, a tablet and a phone`, async () => {
      await using server = await serve({ task: make, run: async () => 'started' });
      for (const [device, viewport] of Object.entries(VIEWPORTS)) {
        await using visitor = await visit(server, TASK, { viewport, colorScheme: scheme });
        await screenshot(visitor.page, `task-${name}-${device}-${scheme}`, true);
        await assertReadable(visitor, viewport);
      }
    });
  }
}

test('the page on troubleshooting is readable on a desk, a tablet and a phone', async () => {
  await using server = await serve();
  for (const [device, viewport] of Object.entries(VIEWPORTS)) {
    await using visitor = await visit(server, '/docs/troubleshooting#a-query-fails', { viewport });
    await screenshot(visitor.page, `troubleshooting-${device}`, false);
    await assertReadable(visitor, viewport);
  }
});

test('a task is run by its button and followed to the end of the run, with the script and without', async () => {
  for (const javaScriptEnabled of [true, false]) {
    let status = toTask({ recentRuns: NO_RUNS });
    const replies: RunReply[] = ['started', 'backoff'];
    await using server = await serve({
      task: () => toDetail({ status }),
      run: async () => {
        status = toTask({ recentRuns: NO_RUNS, runningSinceMs: NOW_MS });
        return replies.shift() ?? assert.fail();
      },
    });
    await using visitor = await visit(server, TASK, { javaScriptEnabled });
    const { page, complaints } = visitor;
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByText('running 0s').waitFor();
    assert.equal(page.url(), server.url + TASK);
    assert.equal(await page.getByRole('button', { name: 'Run now' }).isDisabled(), true);
    status = toTask({ recentRuns: toRuns([14]) });
    if (!javaScriptEnabled) await page.reload();
    await page.getByRole('cell', { name: 'succeeded' }).waitFor();
    assert.deepEqual(complaints, []);

    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByText('its target does not answer').waitFor();
    await page.getByRole('link', { name: 'orders on prod01' }).click();
    assert.equal(page.url(), server.url + TASK);
  }
});

test('times are told in the zone of the reader', async () => {
  await using server = await serve({ task: toWell });
  await using visitor = await visit(server, TASK, { timezoneId: 'Asia/Seoul' });
  assert.match((await visitor.page.locator('footer').textContent()) ?? '', /As of 2026-03-01 21:00:00 GMT\+9/);
});

test('a screen reader finds what the plots show, and the runs as a table', async () => {
  await using server = await serve({ task: toFailing });
  await using visitor = await visit(server, TASK);
  const { page } = visitor;
  assert.equal(
    await page.getByRole('img', { name: 'Duration, at most 10.0s; timeout 10s; 3 of 20 failed' }).count(),
    1,
  );
  assert.equal(await page.getByRole('img', { name: 'Rows, at most 900' }).count(), 1);
  assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'orders on prod01');
  assert.equal(await page.getByRole('row').count(), 21);
  assert.equal(await page.getByRole('cell', { name: 'timeout' }).count(), 1);
});
