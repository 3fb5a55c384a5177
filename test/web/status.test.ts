import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Status } from '../../src/model/status.ts';
import type { MetricName, TaskKey } from '../../src/model/words.ts';
import { formatBytes, formatMeasured, formatSpan } from '../../src/web/status/format.ts';
import { html } from '../../src/web/status/html.ts';
import { readViewRequest, STATES, TASKS_PER_PAGE, toSearch, viewOf } from '../../src/web/status/view.ts';
import { ask } from './ask.ts';
import { failing, NOW_MS, SERVER_TEXT, serve, toDownTarget, toRuns, toStatus, toTarget, toTask } from './fixtures.ts';

const STRANGER = { 'X-Forwarded-For': '192.0.2.1' };

function view(search: string, tasks: Parameters<typeof toStatus>[0] = {}) {
  return viewOf(toStatus(tasks), readViewRequest(new URLSearchParams(search)));
}

function names(search: string, tasks: readonly ReturnType<typeof toTask>[]): string[] {
  return view(search, { tasks }).tasks.map((task) => task.query);
}

test('text in markup is escaped, markup is not', () => {
  assert.equal(
    String(html`<p title="${`"'`}">${'<&>'} ${1} ${null}${[html`<i>`]}</p>`),
    '<p title="&quot;&#39;">&lt;&amp;&gt; 1 <i></p>',
  );
});

test('numbers are written for people', () => {
  assert.deepEqual([0, 999, 59_999, 60_000, 200_000, 3_600_000, 3_605_000, 187_200_000, -5].map(formatSpan), [
    ...['0s', '0s', '59s', '1m', '3m 20s', '1h', '1h', '2d 4h', '0s'],
  ]);
  assert.deepEqual([0.84, 9.996, 12.44, 123.4, 999.4, 999.6, 59_000, 61_000].map(formatMeasured), [
    ...['0.84ms', '10.0ms', '12.4ms', '123ms', '999ms', '1.00s', '59.0s', '1m 1s'],
  ]);
  assert.deepEqual([0, 1023, 1024, 88_000_000, 5e12].map(formatBytes), [
    '0 B',
    '1023 B',
    '1.00 KiB',
    '83.9 MiB',
    '4.55 TiB',
  ]);
});

test('what needs attention comes first', () => {
  const states = ['fresh', 'waiting', 'stale', 'running', 'failing', 'not_applicable', 'suspended'] as const;
  const tasks = states.map((state) => toTask({ query: state, state }));
  const all = [
    ...tasks,
    toTask({ query: 'target_down', state: 'target_down' }),
    failing({ query: 'rejecting' }, 'rejecting'),
  ];
  assert.deepEqual(names('', all), [...STATES]);
});

test('tasks are sorted by any column either way, with what is unknown at the end', () => {
  const tasks = [
    toTask({ query: 'a', lastDurationMs: 5, rejected: { duplicate: 2 } }),
    toTask({ query: 'b', lastDurationMs: null }),
    toTask({ query: 'c', lastDurationMs: 1, rejected: { not_a_number: 1, duplicate: 2 } }),
  ];
  assert.deepEqual(names('sort=duration', tasks), ['c', 'a', 'b']);
  assert.deepEqual(names('sort=-duration', tasks), ['a', 'c', 'b']);
  assert.deepEqual(names('sort=-rejected', tasks), ['c', 'a', 'b']);
  assert.deepEqual(names('sort=-query', tasks), ['c', 'b', 'a']);
  assert.deepEqual(names('sort=constructor', tasks), ['a', 'b', 'c']);
});

test('tasks are found by all words, in any of their names', () => {
  const tasks = [
    toTask({ query: 'orders', target: 'prod01', collector: 'Shop' }),
    toTask({ query: 'orders', target: 'test01', groups: ['Test'] }),
    failing({ query: 'lag', target: 'prod01' }),
  ];
  assert.deepEqual(names('q=+SHOP+prod+', tasks), ['orders']);
  assert.equal(view('q=orders', { tasks }).found.length, 2);
  assert.deepEqual(names('q=prod01&state=failing', tasks), ['lag']);
  const { fresh, failing: failed, ...others } = view('q=prod01&state=failing', { tasks }).counts;
  assert.deepEqual([fresh, failed, ...new Set(Object.values(others))], [1, 1, 0]);
  assert.deepEqual(names('q=nothing', tasks), []);
});

test('many tasks come in pages, and a page beyond the end is the last', () => {
  const tasks = Array.from({ length: 2 * TASKS_PER_PAGE + 1 }, (_, index) => toTask({ query: `q${index}` }));
  assert.equal(view('', { tasks }).tasks.length, TASKS_PER_PAGE);
  for (const page of ['3', '4', '99999999']) {
    const last = view(`page=${page}`, { tasks });
    assert.deepEqual([last.request.page, last.tasks.length, last.first, last.pages], [3, 1, 2 * TASKS_PER_PAGE, 3]);
  }
  for (const page of ['0', '-1', 'x', '1.5', '']) assert.equal(view(`page=${page}`, { tasks }).request.page, 1);
});

test('what is asked for survives the way through an address', () => {
  for (const search of ['?', '?q=a+%26+b&state=stale&sort=-age&page=3', '?sort=-state', '?sort=query']) {
    assert.equal(toSearch(readViewRequest(new URLSearchParams(search))), search);
  }
});

test('the page says how things are, with every task and the way to its own page', async () => {
  const tasks = [toTask({ query: 'orders' }), failing({ query: 'lag', skips: { overlap: 2 } })];
  await using server = await serve({ status: () => toStatus({ tasks }) });
  const { text, headers } = await ask(server, '/');
  assert.match(text, /<title>1 of 2 tasks failing · query-exporter<\/title>/);
  assert.match(text, /href="\.\/task\?query=orders&amp;target=prod01"/);
  assert.match(text, /Table &#39;shop\.orders&#39; doesn&#39;t exist &lt;b&gt;&amp;&lt;\/b&gt;/);
  assert.match(text, /failing<\/span><small>query, <time [^>]*>1m 12s<\/time>/);
  assert.match(text, /<span>12\.4ms<\/span><small>of 10s<\/small>/);
  assert.equal(headers['cache-control'], 'no-store');
  assert.match(String(headers['content-security-policy']), /default-src 'none'/);
  assert.doesNotMatch(text, /<script>|<style|style=|https?:\/\/(?!www\.w3\.org)/);
});

test('the headline is a sentence in every case', async () => {
  const cases = [
    [[], 'No tasks are configured'],
    [[toTask()], 'The one task is fresh'],
    [[toTask(), toTask()], 'All 2 tasks fresh'],
    [[toTask(), toTask({ state: 'waiting' })], '1 of 2 tasks fresh, the others have no result yet'],
    [[toTask(), failing({}, 'stale')], '1 of 2 tasks stale'],
    [[failing(), failing({}, 'stale'), failing({}, 'suspended')], '1 of 3 tasks failing, 1 stale, 1 suspended'],
  ] as const;
  for (const [tasks, expected] of cases) {
    await using server = await serve({ status: () => toStatus({ tasks }) });
    assert.ok(
      (await ask(server, '/')).text.includes(`<h1 class="headline"><span role="status">${expected}</span></h1>`),
      expected,
    );
  }
});

test('the headline says what is wrong, since when, and what comes next', async () => {
  const waiting = (count: number) => Array.from({ length: count }, () => failing({}, 'target_down'));
  const fine = Array.from({ length: 38 }, () => toTask());
  const down = toDownTarget({ name: 'shop-db', tasksWaiting: 2 });
  const cases: readonly (readonly [Partial<Status>, string])[] = [
    [
      { tasks: [...waiting(2), ...fine], targets: [down, toTarget()] },
      '2 of 40 tasks wait for target shop-db, down for 4m (connect), next try in 12s',
    ],
    [
      { tasks: [...waiting(1), failing()], targets: [down, toDownTarget({ name: 'other', tasksWaiting: 1 })] },
      '1 of 2 tasks waits for 2 targets, 1 failing, down for up to 4m (connect), next try in 12s',
    ],
    [
      { tasks: [toTask()], targets: [toDownTarget({ name: 'shop-db' })] },
      'The one task is fresh, but no answer from target shop-db, down for 4m (connect), next try in 12s',
    ],
    [{ tasks: [failing(), toTask()] }, '1 of 2 tasks failing, for 1m 12s (query), next run in 18s'],
    [{ tasks: [toTask(), toTask({ state: 'not_applicable' })] }, 'The one task is fresh, 1 not applicable'],
    [
      { tasks: [failing({}, 'stale')], poller: { state: 'running', restarts: 0, lagMs: 3_100 } },
      '1 of 1 task stale, failing for 1m 12s (query), next run in 18s, the exporter itself is late by up to 3s',
    ],
  ];
  for (const [changes, expected] of cases) {
    await using server = await serve({ status: () => toStatus(changes) });
    assert.equal(JSON.parse((await ask(server, '/api/v1/status')).text).headline, expected);
  }
  await using server = await serve({ status: () => toStatus(cases[0]?.[0] ?? {}) });
  const { text } = await ask(server, '/');
  // The part that changes all the while is not read out again and again.
  assert.match(text, /role="status">2 of 40 tasks wait for target shop-db<\/span>/);
  assert.match(text, /<p class="since"[^>]*>down for 4m \(connect\), next try in 12s<\/p>/);
});

test('a target tells how it stands and what its server is; what the server said is for trusted readers', async () => {
  const facts = {
    version: 'MariaDB 10.11.6',
    release: null,
    role: 'replica',
    isSuperuser: true,
    isGuarded: false,
    missing: { deadline: 'the server said <no>' },
  } as const;
  const target = toDownTarget({ tasksWaiting: 1, facts, unconfirmedStops: 2 });
  await using server = await serve({ status: () => toStatus({ targets: [target] }) });
  const own = (await ask(server, '/')).text;
  assert.match(
    own,
    /for 4m \(connect\) · next try in 12s · 1 task waits · MariaDB 10\.11\.6 · replica · user is a superuser/,
  );
  assert.match(own, /2 stopped without being seen to end/);
  assert.match(own, /no time limit of its own: the server said &lt;no&gt;/);
  const foreign = (await ask(server, '/', { headers: STRANGER })).text;
  assert.match(foreign, /no time limit of its own</);
  for (const secret of ['shop.orders', 'the server said']) {
    assert.ok(own.includes(secret), secret);
    assert.ok(!foreign.includes(secret), secret);
  }
  const json = async (headers = {}) => JSON.parse((await ask(server, '/api/v1/status', { headers })).text).targets[0];
  assert.deepEqual(await json(), {
    name: 'prod01',
    engine: 'mysql',
    address: '10.0.0.1:3306',
    groups: ['prod'],
    state: 'down',
    up: false,
    checked_timestamp_seconds: NOW_MS / 1000 - 18,
    down_since_timestamp_seconds: NOW_MS / 1000 - 240,
    next_try_timestamp_seconds: NOW_MS / 1000 + 12,
    tasks_waiting: 1,
    last_failure: {
      timestamp_seconds: NOW_MS / 1000 - 18,
      reason: 'connect',
      errno: null,
      sql_state: null,
      message: SERVER_TEXT,
    },
    server: {
      version: 'MariaDB 10.11.6',
      role: 'replica',
      superuser: true,
      missing_protections: { deadline: 'the server said <no>' },
    },
    server_load: 0.0004,
    server_max_connections: 2,
    unconfirmed_stops: 2,
    owner: null,
  });
  const seen = await json(STRANGER);
  assert.deepEqual([seen.last_failure.message, seen.server.missing_protections], [null, { deadline: null }]);
});

test('rejections name metric, column and advice; the first offender is for trusted readers', async () => {
  const rejection = {
    reason: 'not_a_number',
    count: 4,
    family: 'shop_created' as MetricName,
    column: 'created_at',
    example: 'yesterday',
    hint: 'use UNIX_TIMESTAMP(created_at)',
  } as const;
  const task = toTask({ state: 'rejecting', rejections: [rejection], rejecting: [rejection.family] });
  await using server = await serve({ status: () => toStatus({ tasks: [task] }) });
  assert.match(
    (await ask(server, '/')).text,
    /shop_created: 4 of column &quot;created_at&quot; rejected \(not_a_number\), the first is &quot;yesterday&quot;; use UNIX_TIMESTAMP/,
  );
  assert.doesNotMatch((await ask(server, '/', { headers: STRANGER })).text, /yesterday/);
  const json = async (headers = {}) => JSON.parse((await ask(server, '/api/v1/status', { headers })).text).tasks[0];
  const { family, ...rest } = rejection;
  assert.deepEqual((await json()).rejections, [{ metric: family, ...rest }]);
  assert.deepEqual((await json(STRANGER)).rejections, [{ metric: family, ...rest, example: null }]);
  assert.deepEqual((await json()).rejecting, [family]);
});

test('a task says why it has no result', async () => {
  const tasks = [
    failing({ missed: 'backoff', failingSinceMs: NOW_MS - 240_000 }, 'target_down'),
    failing({ missed: 'backoff', failingSinceMs: NOW_MS - 240_000 }),
    toTask({ state: 'not_applicable', notApplicable: 'mysql 5.7.44 is not mysql >=8.0' }),
  ];
  await using server = await serve({ status: () => toStatus({ tasks }) });
  const { text } = await ask(server, '/');
  assert.match(text, />target down<\/span><small><time [^>]*>4m</);
  assert.match(text, /Its target did not answer when the last run was due/);
  assert.match(text, /title="mysql 5\.7\.44 is not mysql &gt;=8\.0">not applicable</);
});

test('equal errors are said once, with the tasks that have them, and the longest time', async () => {
  const tasks = [
    failing({ target: 'dev01' }),
    failing({ target: 'prod01', failingSinceMs: NOW_MS - 7_200_000 }),
    failing({ target: 'prod01', query: 'lag' }),
    failing({ target: 'prod02', missed: 'backoff' }),
    failing({ target: 'prod03' }, 'stale'),
    toTask(),
  ];
  await using server = await serve({ status: () => toStatus({ tasks }) });
  const troubles = async (headers = {}) =>
    (await ask(server, '/', { headers })).text.match(/(?<=<li class="trouble )[\s\S]*?(?=<\/li>)/g) ?? [];
  const own = await troubles();
  assert.equal(own.length, 3);
  const [first = '', second = '', third = ''] = own;
  const places = /<b>orders<\/b> on <a [^>]*>dev01<\/a>, <a [^>]*>prod01<\/a>; <b>lag<\/b> on <a [^>]*>prod01<\/a>/;
  assert.match(first, places);
  assert.match(first, /for up to <time [^>]*>2h</);
  assert.match(first, /<pre class="message">Table &#39;shop\.orders&#39; doesn&#39;t exist/);
  assert.match(first, /href="\.\/docs\/troubleshooting#a-query-fails"/);
  assert.match(second, /Its target did not answer[\s\S]*prod02/);
  assert.match(third, /^is-stale/);

  // Without the text of the server, only those of one query are sure to be alike.
  const foreign = await troubles(STRANGER);
  assert.equal(foreign.length, 4);
  assert.doesNotMatch(foreign.join(), /shop\.orders/);
});

test('an error that thousands of tasks have names a few of them, and leads to the others', async () => {
  const tasks = Array.from({ length: 5_000 }, (_, index) => failing({ target: `t${index}` }));
  await using server = await serve({ status: () => toStatus({ tasks }) });
  const { text } = await ask(server, '/');
  assert.equal(text.match(/class="trouble /g)?.length, 1);
  assert.match(text, /<a [^>]*>t11<\/a> and <a href="\?state=failing" data-live>4,988 more<\/a>/);
});

test('a duration near its timeout stands out', async () => {
  const tasks = [toTask({ lastDurationMs: 8_000 }), toTask({ lastDurationMs: 7_900 })];
  await using server = await serve({ status: () => toStatus({ tasks }) });
  assert.equal((await ask(server, '/')).text.match(/class="near"/g)?.length, 1);
});

test('a page for strangers leaves out what servers said, and the problems of a reload', async () => {
  const reload = { successful: false, lastAtMs: NOW_MS, lastSuccessAtMs: NOW_MS, problems: ['config.yml:7:12: no'] };
  await using server = await serve({ status: () => toStatus({ tasks: [failing()], reload }) });
  const own = (await ask(server, '/')).text;
  const foreign = (await ask(server, '/', { headers: STRANGER })).text;
  for (const secret of ['shop.orders', 'config.yml:7:12', 'href="./config"']) {
    assert.ok(own.includes(secret), secret);
    assert.ok(!foreign.includes(secret), secret);
  }
  for (const known of ['error 1146', '42S02', 'The configuration was refused'])
    assert.ok(foreign.includes(known), known);
});

test('of many targets only those that are not up are listed', async () => {
  const targets = Array.from({ length: 500 }, (_, index) =>
    (index % 25 === 3 ? toDownTarget : toTarget)({ name: `t${index}` }),
  );
  await using server = await serve({ status: () => toStatus({ targets }) });
  const { text } = await ask(server, '/');
  assert.match(text, /480 of 500 up/);
  assert.match(text, /and 8 more/);
  assert.doesNotMatch(text, /<b>t4<\/b>/);
});

test('names that look like markup stay text', async () => {
  const name = `"><script>alert(1)</script>`;
  const task = failing({
    query: name,
    target: name,
    key: name as TaskKey,
    collector: name,
    groups: [name],
    schedule: name,
  });
  await using server = await serve({
    status: () => toStatus({ tasks: [task], targets: [toTarget({ name, address: name })] }),
  });
  const { text } = await ask(server, `/?q=${encodeURIComponent(name)}`);
  assert.doesNotMatch(text, /<script>/);
});

test('the assets of the page may be kept for ever', async () => {
  await using server = await serve();
  const paths = (await ask(server, '/')).text.match(/(?<=")\.\/assets\/[^"]+/g) ?? [];
  assert.equal(paths.length, 3);
  for (const path of paths) {
    const reply = await ask(server, path.slice(1));
    assert.equal(reply.status, 200);
    assert.match(reply.headers['cache-control'] ?? '', /immutable/);
    assert.equal(reply.headers['x-content-type-options'], 'nosniff');
  }
});

test('the JSON has the same in seconds, and keeps the same from strangers', async () => {
  const tasks = [failing({ recentRuns: toRuns([12.4, 250]), lastSuccessAtMs: null, rejected: { duplicate: 2 } })];
  await using server = await serve({ status: () => toStatus({ tasks }) });
  const reply = await ask(server, '/api/v1/status');
  assert.equal(reply.headers['content-type'], 'application/json; charset=utf-8');
  const status = JSON.parse(reply.text);
  assert.equal(status.now_timestamp_seconds, NOW_MS / 1000);
  assert.deepEqual(status.tasks, [
    {
      query: 'orders',
      target: 'prod01',
      groups: ['prod'],
      collector: null,
      state: 'failing',
      failing_since_timestamp_seconds: NOW_MS / 1000 - 72,
      missed: null,
      owner: null,
      not_applicable: null,
      schedule: 'every 30s',
      period_seconds: 30,
      timeout_seconds: 10,
      running_since_timestamp_seconds: null,
      last_refresh_timestamp_seconds: NOW_MS / 1000 - 12,
      last_success_timestamp_seconds: null,
      next_refresh_timestamp_seconds: NOW_MS / 1000 + 18,
      last_duration_seconds: 0.0124,
      recent_durations_seconds: [0.0124, 0.25],
      load: 0.0004,
      rows: 4,
      series: 8,
      refreshes: 250,
      failures: { query: 3, timeout: 1 },
      skips: {},
      rejected_samples: { duplicate: 2 },
      rejections: [],
      rejecting: [],
      last_failure: {
        timestamp_seconds: NOW_MS / 1000 - 12,
        reason: 'query',
        errno: 1146,
        sql_state: '42S02',
        message: `query "orders" on target "prod01": ${SERVER_TEXT}`,
      },
    },
  ]);
  const foreign = JSON.parse((await ask(server, '/api/v1/status', { headers: STRANGER })).text);
  assert.equal(foreign.tasks[0].last_failure.message, null);
  assert.equal(foreign.tasks[0].last_failure.errno, 1146);
  assert.equal(foreign.config.problems, null);
});

test('asking in a loop does not build the status each time, but a reload is seen at once', async () => {
  let built = 0;
  const status = () => {
    built += 1;
    return toStatus({ revision: built });
  };
  await using server = await serve({ status, reload: async () => ({ ok: true, problems: [] }) });
  const revision = async () => JSON.parse((await ask(server, '/api/v1/status')).text).config.revision;
  for (let count = 0; count < 30; count += 1) await revision();
  assert.ok(built < 10, `built ${built} times`);
  const before = built;
  await ask(server, '/-/reload', { method: 'POST' });
  assert.equal(await revision(), before + 1);
});

test('a page of two thousand tasks is small', async () => {
  const tasks = Array.from({ length: 2_000 }, (_, index) => failing({ query: `query_${index}` }));
  await using server = await serve({ status: () => toStatus({ tasks }) });
  const { body } = await ask(server, '/?sort=-age&q=query');
  assert.ok(body.length < 400_000, `${body.length} bytes`);
});

test('the memory of the process may be unknown', async () => {
  const process = { cpuSeconds: 1, residentBytes: null, heapBytes: null };
  await using server = await serve({ status: () => toStatus({ process }) });
  assert.match((await ask(server, '/')).text, /<dt>Memory<\/dt><dd>not known<\/dd>/);
  const { process: told } = JSON.parse((await ask(server, '/api/v1/status')).text);
  assert.deepEqual(told, { resident_bytes: null, heap_bytes: null, cpu_seconds: 1 });
});
