import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Selection } from '../../src/model/page.ts';
import { ask, talk } from './ask.ts';
import { serve, toBody, toPage } from './fixtures.ts';

const TEXT = '# HELP a A.\n# TYPE a gauge\na{x="1"} 2\n';

test('a scrape gets the page as it is, with its length', async () => {
  await using server = await serve();
  const reply = await ask(server, '/metrics');
  assert.equal(reply.status, 200);
  assert.equal(reply.text, TEXT);
  assert.equal(reply.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(reply.headers['content-length'], String(TEXT.length));
  assert.equal(reply.headers['content-encoding'], undefined);
  assert.equal(reply.headers.vary, 'Accept-Encoding');
  for (const name of ['x-powered-by', 'etag']) assert.equal(reply.headers[name], undefined);
});

test('a scrape that accepts gzip gets the compressed page', async () => {
  await using server = await serve();
  const reply = await ask(server, '/metrics', { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(reply.headers['content-encoding'], 'gzip');
  assert.equal(reply.headers['content-length'], String(reply.body.length));
  assert.equal(gunzipSync(reply.body).toString(), TEXT);
});

test('HEAD gets the headers of GET and no body', async () => {
  await using server = await serve();
  const answer = await talk(server, 'HEAD /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(answer, new RegExp(`Content-Length: ${TEXT.length}\r\n`));
  assert.equal(answer.slice(answer.indexOf('\r\n\r\n')), '\r\n\r\n');
});

test('whatever a client accepts, it gets the text format', async () => {
  await using server = await serve();
  for (const accept of [',', '*/*;q=x', 'a/b;'.repeat(1250), 'application/json', 'application/openmetrics-text']) {
    const reply = await ask(server, '/metrics', { headers: { Accept: accept } });
    assert.equal(reply.status, 200);
    assert.match(reply.headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
  }
});

test('a page of many buffers arrives whole and in order', async () => {
  const small = Array.from({ length: 3_000 }, (_, index) => Buffer.from(`line ${index}\n`));
  const large = Array.from({ length: 600 }, (_, index) => Buffer.alloc(10_000, `${index} `));
  for (const buffers of [small, large, [Buffer.alloc(3_000_000, 'x')], []]) {
    const page = { identity: toBody(...buffers), gzip: toBody(), series: 0 };
    await using server = await serve({ pages: { current: () => page, narrow: async () => ({ kind: 'page', page }) } });
    const reply = await ask(server, '/metrics');
    assert.equal(Buffer.compare(reply.body, Buffer.concat(buffers)), 0);
  }
});

test('a narrowed scrape gets the page of its selection', async () => {
  const asked: Selection[] = [];
  const pages = {
    current: () => toPage('everything 1\n'),
    async narrow(selection: Selection) {
      asked.push(selection);
      return { kind: 'page', page: toPage('some 1\n') } as const;
    },
  };
  await using server = await serve({ pages });
  assert.equal((await ask(server, '/metrics?query[]=orders')).text, 'some 1\n');
  assert.deepEqual(asked, [{ queries: ['orders'], targets: [], groups: [], collectors: [] }]);
  assert.equal((await ask(server, '/metrics?')).text, 'everything 1\n');
  const wrong = await ask(server, '/metrics?colect[]=shop');
  assert.deepEqual([wrong.status, wrong.text], [400, 'unknown parameter "colect[]", did you mean "collect[]"?\n']);
  assert.equal(asked.length, 1);
});

test('a name that does not exist is refused by name', async () => {
  const page = toPage('');
  const names = ['query "ordrs"', 'target "<b>"'];
  await using server = await serve({
    pages: { current: () => page, narrow: async () => ({ kind: 'unknown', names }) },
  });
  const reply = await ask(server, '/metrics?query[]=ordrs');
  assert.equal(reply.status, 400);
  assert.equal(reply.text, 'unknown: query "ordrs", target "<b>"\n');
  assert.equal(reply.headers['content-type'], 'text/plain; charset=utf-8');
});

test('who asks for a part while too many wait for theirs is told so', async () => {
  await using server = await serve({ pages: { current: () => toPage(''), narrow: async () => null } });
  const reply = await ask(server, '/metrics?query[]=orders');
  assert.equal(reply.status, 503);
  assert.equal(reply.text, 'too many wait for a part of the metrics\n');
});

test('the metrics can be served under another path', async () => {
  await using server = await serve({ telemetryPath: '/probe/sql.metrics' });
  assert.equal((await ask(server, '/probe/sql.metrics')).text, TEXT);
  for (const path of ['/metrics', '/probe/sqlxmetrics']) assert.equal((await ask(server, path)).status, 404);
});
