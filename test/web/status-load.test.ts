import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLoad } from '../../src/web/status/format.ts';
import { ask } from './ask.ts';
import { serve, toStatus, toTarget, toTask } from './fixtures.ts';

test('a load has two digits, and is not nothing where there is some', () => {
  assert.deepEqual([0, 0.0004, 0.01, 0.25, 1.4, 12].map(formatLoad), [
    '0.00',
    '<0.01',
    '0.01',
    '0.25',
    '1.40',
    '12.00',
  ]);
});

test('the load of tasks and servers is shown, and may be unknown', async () => {
  const tasks = [toTask({ query: 'slow', load: 0.4 }), toTask({ query: 'new', load: null })];
  const targets = [
    toTarget({ name: 'a', serverLoad: { load: 0.4, maxConnections: 2 } }),
    toTarget({ name: 'b', serverLoad: { load: null, maxConnections: 3 } }),
  ];
  await using server = await serve({ status: () => toStatus({ tasks, targets }) });
  const { text } = await ask(server, '/?sort=-load');
  assert.deepEqual(text.match(/(?<=data-title="Load">).*?(?=<\/td>)/g), [
    '0.40',
    '<span class="unknown" title="not known yet">–</span>',
  ]);
  assert.equal(text.match(/<p class="history">load 0\.40<\/p>/g)?.length, 1);
  assert.doesNotMatch(text, /class="warnings"/);
  const status = JSON.parse((await ask(server, '/api/v1/status')).text);
  assert.deepEqual(
    status.tasks.map((task: { load: unknown }) => task.load),
    [0.4, null],
  );
  assert.deepEqual(
    status.targets.map((target: { server_load: unknown; server_max_connections: unknown }) => [
      target.server_load,
      target.server_max_connections,
    ]),
    [
      [0.4, 2],
      [null, 3],
    ],
  );
});

test('a server with a load above 1 draws a warning, and a stronger one above its connections', async () => {
  const cases = [
    [1, 1, null],
    [1.4, 2, 'on average 1.40 queries of this server are under way or wait, on 2 connections: at times they wait'],
    [1.4, 1, 'on average 1.40 queries of this server are under way or wait, more than its 1 connection can take: make'],
  ] as const;
  for (const [load, maxConnections, expected] of cases) {
    const targets = [toTarget({ serverLoad: { load, maxConnections } })];
    await using server = await serve({ status: () => toStatus({ targets }) });
    const { text } = await ask(server, '/');
    if (expected === null) assert.doesNotMatch(text, /class="warnings"/);
    else assert.ok(text.includes(`<ul class="warnings"><li>${expected}`), text);
  }
});

test('of many targets those of busy servers are listed too', async () => {
  const targets = Array.from({ length: 50 }, (_, index) =>
    toTarget({ name: `t${index}`, serverLoad: { load: index === 7 ? 2.5 : 0.5, maxConnections: 2 } }),
  );
  await using server = await serve({ status: () => toStatus({ targets }) });
  const { text } = await ask(server, '/');
  assert.match(text, /<h2 id="targets">Targets that are not up, or whose server is busy<\/h2>/);
  assert.match(text, /<b>t7<\/b>/);
  assert.doesNotMatch(text, /<b>t8<\/b>/);
});
