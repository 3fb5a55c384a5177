import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAILURE_REASONS } from '../../src/model/failure.ts';
import { NO_RUNS, withRun } from '../../src/model/recent-runs.ts';
import { anchorOf } from '../../src/web/guide/markdown.ts';
import { ADVICE } from '../../src/web/status/advice.ts';
import { readDocument } from '../docs/documents.ts';
import { ask } from './ask.ts';
import { failing, NOW_MS, SERVER_TEXT, serve, toDetail, toDownTarget, toRuns, toTask } from './fixtures.ts';

const STRANGER = { 'X-Forwarded-For': '192.0.2.1' };
const TASK = '/task?query=orders&target=prod01';

function broken() {
  const recentRuns = withRun(toRuns([11, 14]), { finishedAtMs: NOW_MS, durationMs: 250, rows: null, failure: 'query' });
  return toDetail({ status: failing({ recentRuns, skips: { overlap: 2 } }) });
}

test('a task has a page of its own, and there is none for what is no task', async () => {
  const asked: string[] = [];
  await using server = await serve({
    task: (query, target) => {
      asked.push(`${query} on ${target}`);
      return query === 'a&b' ? toDetail() : null;
    },
  });
  for (const path of ['/task', '/api/v1/task']) {
    assert.equal((await ask(server, `${path}?query=a%26b&target=c`)).status, 200);
    assert.equal((await ask(server, `${path}?query=nothing&target=c`)).status, 404);
    for (const search of ['', '?query=a', '?query=a&target=b&target=c', '?query=a&target=b&when=now']) {
      assert.equal((await ask(server, path + search)).status, 400, search);
    }
    assert.equal((await ask(server, `${path}?query=a&target=b`, { method: 'POST' })).status, 405);
  }
  assert.deepEqual([...new Set(asked)], ['a&b on c', 'nothing on c']);
});

test('the page of a task says what is wrong, what to do, and how the last runs went', async () => {
  await using server = await serve({ task: broken });
  const { text, headers } = await ask(server, TASK);
  assert.match(text, /<title>orders on prod01: failing · query-exporter<\/title>/);
  assert.match(text, /Table &#39;shop\.orders&#39; doesn&#39;t exist &lt;b&gt;/);
  assert.match(text, /for <time [^>]*>1m 12s<\/time>, since <time [^>]*>2026-03-01 11:58:48 UTC</);
  assert.match(text, /href="\.\/docs\/troubleshooting#a-query-fails"/);
  assert.match(text, /4 of 250 runs failed \(query 3, timeout 1\) · runs not made: the run before went on 2/);
  assert.match(text, /Took<\/dt><dd><span>12\.4ms<\/span><small>of 10s</);
  assert.deepEqual(text.match(/(?<=<tr data-key="\d+">)[\s\S]*?(?=<\/tr>)/g)?.map(words), [
    ['2026-03-01 12:00:00 UTC', '0s', 'ago', 'query', '250ms', '–'],
    ['2026-03-01 11:59:48 UTC', '12s', 'ago', 'succeeded', '14.0ms', '4'],
    ['2026-03-01 11:59:18 UTC', '42s', 'ago', 'succeeded', '11.0ms', '4'],
  ]);
  assert.match(text, /aria-label="Duration, at most 250ms; timeout 10s; 1 of 3 failed"/);
  assert.equal(text.match(/class="cross"/g)?.length, 2);
  assert.match(text, /shop_orders\{state=&quot;new&quot;\} 3\nshop_orders\{state=&quot;paid&quot;\} 14/);
  assert.match(text, /<a href="\.\/metrics\?query=orders&amp;target=prod01">On the metrics page</);
  assert.match(String(headers['content-security-policy']), /default-src 'none'/);
  assert.doesNotMatch(text, /<script>|<style|style=|https?:\/\/(?!www\.w3\.org)/);
});

function words(row: string): readonly string[] {
  const texts = row.replace(/<[^>]*>/g, '\n').split('\n');
  return texts.map((text) => text.trim()).filter(Boolean);
}

test('SQL and what servers said are for trusted readers, on the page and in the JSON', async () => {
  await using server = await serve({ task: broken, run: async () => 'started' });
  for (const path of [TASK, `/api/v1${TASK}`]) {
    const [own, foreign] = [await ask(server, path), await ask(server, path, { headers: STRANGER })];
    for (const secret of ['select state', 'exist']) {
      assert.ok(own.text.includes(secret), secret);
      assert.ok(!foreign.text.includes(secret), secret);
    }
    assert.match(foreign.text, /1146/);
  }
  assert.match(
    (await ask(server, TASK)).text,
    /<form method="post" action="\.\/-\/run\?query=orders&amp;target=prod01"/,
  );
  assert.doesNotMatch((await ask(server, TASK, { headers: STRANGER })).text, /<form/);
  await using closed = await serve({ task: broken });
  assert.doesNotMatch((await ask(closed, TASK)).text, /<form/);
});

test('a task that waits for its target says why that does not answer, and when it is tried again', async () => {
  const { health } = toDownTarget();
  const status = failing({ missed: 'backoff' }, 'target_down');
  const detail = toDetail({ status, target: { engine: 'mysql', address: '10.0.0.1:3306', health } });
  await using server = await serve({ task: () => detail });
  const { text } = await ask(server, TASK);
  assert.match(text, /Its target has not answered for <time [^>]*>4m</);
  assert.match(text, /The next try is <time [^>]*>in 12s</);
  assert.match(text, /#a-target-is-down/);
  assert.doesNotMatch((await ask(server, TASK, { headers: STRANGER })).text, /exist/);
});

test('a task that never ran has a page too', async () => {
  const never = { lastRefreshAtMs: null, lastSuccessAtMs: null, nextAtMs: null, lastDurationMs: null, load: null };
  const status = toTask({ ...never, state: 'waiting', recentRuns: NO_RUNS, rows: null, series: 0 });
  const metrics = toDetail().metrics.map((metric) => ({ ...metric, series: 0, lines: [] }));
  await using server = await serve({ task: () => toDetail({ status, metrics }) });
  const { text } = await ask(server, TASK);
  assert.match(text, /It has not run yet/);
  assert.doesNotMatch(text, /<svg class="runs"|NaN|Infinity/);
});

test('the JSON of a task adds its statement, metrics and runs to what the status says', async () => {
  await using server = await serve({ task: broken });
  const task = JSON.parse((await ask(server, `/api/v1${TASK}`)).text);
  assert.equal(task.query, 'orders');
  assert.equal(task.last_failure.message, `query "orders" on target "prod01": ${SERVER_TEXT}`);
  assert.equal(task.sql, 'select state, count(*) n from shop.orders group by state');
  assert.deepEqual(task.metrics, [{ name: 'shop_orders', type: 'gauge', help: 'Orders by state', series: 2 }]);
  assert.deepEqual(task.runs.slice(1), [
    { timestamp_seconds: NOW_MS / 1000 - 12, duration_seconds: 0.014, rows: 4, failure_reason: null },
    { timestamp_seconds: NOW_MS / 1000, duration_seconds: 0.25, rows: null, failure_reason: 'query' },
  ]);
});

test('a browser that has a task run is led back to it, or told why it does not run', async () => {
  const asBrowser = { method: 'POST', headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };
  const replies = ['started', 'backoff', 'unknown'] as const;
  const rest = [...replies];
  await using server = await serve({ run: async () => rest.shift() ?? assert.fail() });
  const path = '/-/run?query=a%26b&target=c';
  const started = await ask(server, path, asBrowser);
  assert.deepEqual([started.status, started.headers.location], [303, '../task?query=a%26b&target=c']);
  const refused = await ask(server, path, asBrowser);
  assert.equal(refused.status, 409);
  assert.match(refused.text, /a&amp;b on c was not run[\s\S]*its target does not answer/);
  assert.match(refused.text, /<a href="\.\.\/task\?query=a%26b&amp;target=c">/);
  assert.match(String(refused.headers['content-security-policy']), /default-src 'none'/);
  assert.equal((await ask(server, path, asBrowser)).status, 404);
});

test('the advice for each reason leads to a heading of the page on troubleshooting, which is served', async () => {
  const headings = readDocument('docs/troubleshooting.md').match(/(?<=^#+ ).*$/gm) ?? [];
  const anchors = new Set(headings.map(anchorOf));
  for (const reason of FAILURE_REASONS) assert.ok(anchors.has(ADVICE[reason].anchor), reason);

  await using server = await serve();
  const { status, text } = await ask(server, '/docs/troubleshooting');
  assert.equal(status, 200);
  for (const anchor of anchors) assert.ok(text.includes(` id="${anchor}"`), anchor);
  for (const [, anchor] of text.matchAll(/href="#([^"]+)"/g)) assert.ok(anchors.has(anchor ?? ''), anchor);
  // No mark is left over, except within code.
  const plain = text.replace(/<(code|pre)[^>]*>[\s\S]*?<\/\1>/g, '');
  assert.doesNotMatch(plain, /\*\*|`|\]\(|^\|/m);
  assert.match(text, /<td role="cell" data-title="reason"><code>timeout<\/code><\/td>/);
  assert.match(text, /<code>sql: \|<\/code>/);
});
