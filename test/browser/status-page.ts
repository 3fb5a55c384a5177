import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { FleetStatus } from '../../src/model/fleet-terms.ts';
import type { RecentRuns } from '../../src/model/recent-runs.ts';
import { UNKNOWN_HEALTH } from '../../src/model/standing.ts';
import type { Status, TaskState } from '../../src/model/status.ts';
import { failing, NOW_MS, serve, toDetail, toDownTarget, toRuns, toStatus, toTarget, toTask } from '../web/fixtures.ts';
import { assertReadable, PHONE, SCHEMES, screenshot, VIEWPORTS, visit } from './browser.ts';

/** What happens every few seconds, now. */
async function update(page: Page): Promise<void> {
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname === '/');
  await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
  await answered;
}

function toThreeTasks(): Status {
  return toStatus({
    tasks: [
      toTask({ query: 'orders_by_state', collector: 'shop', recentRuns: wave(20, 12) }),
      failing({ query: 'invoices_open', target: 'prod02', recentRuns: wave(20, 30), skips: { backoff: 12 } }),
      failing({ query: 'replication_lag', target: 'local', recentRuns: wave(7, 200) }, 'fresh'),
    ],
    targets: [
      toTarget(),
      toDownTarget({ name: 'prod02', address: '10.0.0.2:3306' }),
      toTarget({ name: 'local', engine: 'sqlite', address: '/var/lib/shop/shop.db', health: UNKNOWN_HEALTH }),
    ],
    reload: {
      successful: false,
      lastAtMs: NOW_MS - 95_000,
      lastSuccessAtMs: NOW_MS - 3_600_000,
      problems: ['config.yml:7:12: queries.orders.interval: expected a duration such as "30s", got "soon"'],
    },
  });
}

function toManyTasks(): Status {
  const stateOf = (index: number): TaskState => {
    if (index % 97 === 3) return 'failing';
    if (index % 211 === 5) return 'stale';
    return index % 301 === 9 ? 'running' : index % 157 === 1 ? 'waiting' : 'fresh';
  };
  return toStatus({
    tasks: Array.from({ length: 5_000 }, (_, index) => {
      const state = stateOf(index);
      const make = state === 'failing' || state === 'stale' ? failing : toTask;
      const place = { query: `sessions_by_user_${index % 40}`, target: `prod${Math.floor(index / 40)}` };
      return make({ ...place, state, rows: index, series: 7 * index, recentRuns: wave(20, index) }, state);
    }),
    targets: Array.from({ length: 125 }, (_, index) =>
      (index === 6 ? toDownTarget : toTarget)({ name: `prod${index}` }),
    ),
    exposition: { series: 1_204_331, bytes: 98_000_000, gzipBytes: 9_100_000 },
    poller: { state: 'running', restarts: 1, lagMs: 20 },
  });
}

function toFleetTasks(): Status {
  const hosts = ['monitor-a.example.com:9104', 'monitor-b.example.com:9104', 'monitor-c.example.com:9104'];
  const members = hosts.map((name, index) => ({
    id: name,
    name,
    version: '0.2.0',
    configDigest: index < 2 ? 'c1f09a52' : '7be20d14',
    serversDigest: '9d3c11aa',
    servers: 41 + index,
    tasks: 1_640 + 40 * index,
  }));
  const fleet: FleetStatus = {
    name: 'default',
    self: hosts[0] ?? '',
    isStoreUp: false,
    storeSinceMs: NOW_MS - 95_000,
    members,
    owners: {},
    hasRead: true,
    takeovers: { join: 41 },
    refusedUpdates: 0,
    pendingUpdates: 12,
    replicationMs: 120,
    clockSkewMs: 2_400,
  };
  const { tasks, ...status } = toThreeTasks();
  return { ...status, fleet, tasks: tasks.map((task, index) => ({ ...task, owner: hosts[index] ?? null })) };
}

function wave(count: number, ms: number): RecentRuns {
  return toRuns(Array.from({ length: count }, (_, index) => ms * (1.5 + Math.sin(index * 1.7))));
}

for (const [name, make] of [
  ['three', toThreeTasks],
  ['many', toManyTasks],
  ['shared', toFleetTasks],
] as const) {
  for (const scheme of SCHEMES) {
    test(`${name} tasks are readable in the ${scheme} scheme, on a desk, a tablet and a phone`, async () => {
      await using server = await serve({ status: make });
      for (const [device, viewport] of Object.entries(VIEWPORTS)) {
        await using visitor = await visit(server, '/', { viewport, colorScheme: scheme });
        await screenshot(visitor.page, `status-${name}-${device}-${scheme}`, name !== 'many');
        await assertReadable(visitor, viewport);
      }
    });
  }
}

test('the page follows the exporter without losing what its reader is at', async () => {
  let status = toThreeTasks();
  await using server = await serve({ status: () => status });
  await using visitor = await visit(server, '/', { viewport: { width: 1440, height: 400 } });
  const { page, complaints } = visitor;
  await page.getByRole('rowheader').getByRole('link', { name: 'orders_by_state' }).focus();
  await page.evaluate(`scrollTo(0, 333); document.querySelector('[data-key="orders_by_state/prod01"]').mark = 1`);

  status = { ...status, tasks: status.tasks.map((task) => ({ ...task, series: 4_321, state: 'fresh' })) };
  await page.waitForTimeout(300);
  await update(page);
  await page.getByText('All 3 tasks fresh').waitFor();
  assert.equal(await page.title(), 'All 3 tasks fresh, but no answer from target prod02 · query-exporter');
  assert.equal(await page.getByRole('cell', { name: '4,321' }).count(), 3);
  assert.equal(await page.evaluate(`document.querySelector('[data-key="orders_by_state/prod01"]').mark`), 1);
  assert.equal(await page.evaluate('scrollY'), 333);
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'orders_by_state');
  assert.deepEqual(complaints, []);
});

test('typing filters at once, and the address can be shared', async () => {
  await using server = await serve({ status: toManyTasks });
  await using visitor = await visit(server);
  const { page, complaints } = visitor;
  await page.keyboard.press('/');
  await page.keyboard.type('user_7 prod120');
  await page.getByText('1 task', { exact: true }).waitFor();
  assert.equal(await page.locator('tr.task').count(), 1);
  assert.equal(new URL(page.url()).search, '?q=user_7+prod120');
  assert.equal(await page.evaluate("document.activeElement.getAttribute('name')"), 'q');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('no such thing');
  await page.getByText('No task fits this filter.').waitFor();
  assert.deepEqual(complaints, []);

  await using other = await visit(server, '/?q=user_7+prod120');
  assert.equal(await other.page.getByRole('searchbox').inputValue(), 'user_7 prod120');
  assert.equal(await other.page.locator('tr.task').count(), 1);
});

test('the keyboard reaches everything, and sorting keeps the focus', async () => {
  await using server = await serve({ status: toManyTasks });
  await using visitor = await visit(server);
  const { page } = visitor;
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to the tasks');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate('document.activeElement.id'), 'tasks');
  await page.getByRole('columnheader', { name: 'Series' }).getByRole('link').focus();
  await page.keyboard.press('Enter');
  await page.locator('th[aria-sort=descending]', { hasText: 'Series' }).waitFor();
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Series');
  assert.equal(await page.getByRole('row').nth(1).getByRole('cell').nth(8).textContent(), '34,993');
  await page.keyboard.press('Enter');
  await page.locator('th[aria-sort=ascending]', { hasText: 'Series' }).waitFor();
  await page.goBack();
  await page.locator('th[aria-sort=descending]', { hasText: 'Series' }).waitFor();
});

test('pages and states are followed in place', async () => {
  await using server = await serve({ status: toManyTasks });
  await using visitor = await visit(server);
  const { page } = visitor;
  await page.evaluate('window.mark = 1');
  await page.getByRole('navigation', { name: 'Pages of tasks' }).getByRole('link', { name: 'Next' }).click();
  await page.getByText('101–200 of 5,000').waitFor();
  await page.getByRole('link', { name: /^failing/ }).click();
  await page.getByText('52 tasks', { exact: true }).waitFor();
  assert.equal(await page.locator('tr.task').count(), 52);
  assert.equal(await page.getByRole('link', { name: /^failing/ }).getAttribute('aria-current'), 'true');
  assert.equal(await page.evaluate('window.mark'), 1);
});

test('a screen reader finds a table with named columns and rows, also where tasks are shown as cards', async () => {
  await using server = await serve({ status: toThreeTasks });
  await using wide = await visit(server);
  assert.equal(await wide.page.getByRole('columnheader').count(), 11);
  await using phone = await visit(server, '/', { viewport: PHONE });
  for (const { page } of [wide, phone]) {
    assert.equal(await page.getByRole('table', { name: /^Tasks, each one query/ }).count(), 1);
    assert.equal(await page.getByRole('rowheader', { name: 'invoices_open' }).count(), 1);
    assert.equal(await page.getByRole('cell', { name: 'failing' }).count(), 1);
    assert.equal(await page.getByRole('img', { name: /^Last 20 refreshes: / }).count(), 2);
    assert.equal(await page.getByRole('status').first().textContent(), '1 of 3 tasks failing');
  }
});

test('without scripts, the links and the form do the same', async () => {
  await using server = await serve({ status: toManyTasks });
  await using visitor = await visit(server, '/', { javaScriptEnabled: false });
  const { page, complaints } = visitor;
  await page.getByRole('searchbox').fill('user_7 prod120');
  await page.getByRole('button', { name: 'Show' }).click();
  assert.equal(await page.locator('tr.task').count(), 1);
  await page.getByRole('link', { name: 'Query', exact: true }).click();
  assert.equal(await page.getByRole('columnheader', { name: 'Query' }).getAttribute('aria-sort'), 'ascending');
  assert.deepEqual(complaints, []);
});

test('a link leads to the page of one task', async () => {
  await using server = await serve({ status: toThreeTasks, task: () => toDetail() });
  await using visitor = await visit(server);
  await visitor.page.getByRole('rowheader').getByRole('link', { name: 'orders_by_state' }).click();
  assert.equal(visitor.page.url(), `${server.url}/task?query=orders_by_state&target=prod01`);
});

test('the page says when the exporter does not answer, and goes on when it does', async () => {
  await using server = await serve({ status: toThreeTasks });
  await using visitor = await visit(server);
  const { page } = visitor;
  await page.route('**/*', (route) => route.abort());
  await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
  await page.getByText(/^Not answering since /).waitFor();
  await page.unroute('**/*');
  await update(page);
  await page.getByText(/^Not answering since /).waitFor({ state: 'hidden' });
});

test('a page that nobody sees asks for nothing', async () => {
  await using server = await serve({ status: toThreeTasks });
  await using visitor = await visit(server);
  const { page } = visitor;
  let requests = 0;
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/') requests += 1;
  });
  const hide = (hidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, 'hidden', { configurable: true, value: ${hidden} });
      document.dispatchEvent(new Event('visibilitychange'))`);
  await hide(true);
  // Longer than the period of updates.
  await page.waitForTimeout(3_500);
  assert.equal(requests, 0);
  await hide(false);
  await page.waitForTimeout(100);
  assert.equal(requests, 1);
});
