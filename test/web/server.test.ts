import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { RunReply } from '../../src/model/poller-request.ts';
import { ask, open, talk } from './ask.ts';
import { serve } from './fixtures.ts';

test('a method that a path does not know is refused at once, without waiting for its body', async () => {
  await using server = await serve();
  for (const path of ['/metrics', '/', '/api/v1/status', '/api/v1/sd', '/config', '/-/healthy', '/-/ready']) {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      const answer = await talk(server, `${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 405 Method Not Allowed\r\n/, `${method} ${path}`);
      assert.match(answer, /\r\nAllow: GET, HEAD\r\n/);
    }
  }
  assert.match(await talk(server, 'GET /-/reload HTTP/1.1\r\nHost: a\r\n\r\n'), /405 .*\r\n[\s\S]*Allow: POST\r\n/);
});

test('an unknown path is refused in two words', async () => {
  await using server = await serve();
  for (const path of [
    '/nothing',
    '/metrics%',
    '/metrics/',
    '/Metrics',
    '//metrics',
    '/../metrics',
    '/assets/x',
    '/%2e%2e/etc',
    '*',
  ]) {
    const reply = await ask(server, path);
    assert.equal(reply.status, 404, path);
    assert.equal(reply.text, 'not found\n');
  }
  assert.equal((await ask(server, '/nothing', { method: 'POST', body: 'x' })).status, 404);
});

test('a request that names a whole address is answered like any other', async () => {
  await using server = await serve();
  for (const address of ['http://a/', 'http://a:99999/?q=x', '/?q=%', '/?q=x?state=y']) {
    assert.equal((await ask(server, address)).status, 200, address);
  }
});

test('requests that are too large or no HTTP at all get a short answer and the connection is closed', async () => {
  await using server = await serve();
  const long = 'x'.repeat(20_000);
  const cases: readonly (readonly [string | Uint8Array, RegExp])[] = [
    [`GET /${long} HTTP/1.1\r\nHost: a\r\n\r\n`, /^HTTP\/1\.1 431 /],
    [`GET /metrics HTTP/1.1\r\nHost: a\r\nX: ${long}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ['GET /metrics HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['garbage\r\n\r\n', /^HTTP\/1\.1 400 /],
    [Buffer.from('16030100650100006103039f', 'hex'), /^HTTP\/1\.1 400 /],
    ['GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', /^HTTP\/1\.1 400 /],
  ];
  for (const [bytes, expected] of cases) {
    const answer = await talk(server, bytes);
    assert.match(answer, expected);
    assert.ok(answer.length < 300 && !/at .*:\d+/.test(answer), answer);
  }
  assert.equal((await ask(server, '/metrics')).status, 200);
});

test('pipelined requests are answered in order', async () => {
  await using server = await serve();
  const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
  const answer = await talk(server, get('/metrics') + get('/-/healthy') + get('/-/ready', 'Connection: close\r\n'));
  assert.deepEqual(answer.match(/HTTP\/1\.1 \d+|a\{x="1"\} 2|healthy|ready/g), [
    'HTTP/1.1 200',
    'a{x="1"} 2',
    'HTTP/1.1 200',
    'healthy',
    'HTTP/1.1 200',
    'ready',
  ]);
});

test('a request that carries ten megabytes for nothing is answered all the same', async () => {
  await using server = await serve();
  const body = 'x'.repeat(10_000_000);
  assert.equal((await ask(server, '/metrics', { body, headers: { 'Content-Length': body.length } })).status, 200);
  const socket = await open(server, 'POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n');
  const [first] = (await once(socket, 'data')) as [Buffer];
  assert.match(first.toString(), /^HTTP\/1\.1 405 /);
  socket.destroy();
});

test('who asks before sending a body is answered without it', async () => {
  await using server = await serve();
  const answer = await talk(server, 'POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 404 /);
});

test('health and readiness are told apart', async () => {
  let missing: readonly string[] = ['orders on prod01', 'lag on prod02'];
  await using server = await serve({ readiness: () => ({ ready: missing.length === 0, missing }) });
  assert.equal((await ask(server, '/-/healthy')).status, 200);
  const early = await ask(server, '/-/ready');
  assert.equal(early.status, 503);
  assert.equal(early.text, 'not ready, no outcome yet of:\norders on prod01\nlag on prod02\n');
  missing = Array.from({ length: 5_000 }, (_, index) => `q${index} on t`);
  assert.match((await ask(server, '/-/ready')).text, /\nq99 on t\nand 4900 more\n$/);
  missing = [];
  assert.equal((await ask(server, '/-/ready')).status, 200);
});

test('a reload is done where it is enabled, and tells its problems on this machine', async () => {
  await using closed = await serve();
  assert.equal((await ask(closed, '/-/reload', { method: 'POST' })).status, 403);

  const outcomes = [
    { ok: true, problems: [] },
    { ok: false, problems: ['config.yml:1:1: no', 'config.yml:2:1: no'] },
    { ok: false, problems: ['config.yml:1:1: no'] },
  ];
  await using server = await serve({ reload: async () => outcomes.shift() ?? assert.fail() });
  assert.equal((await ask(server, '/-/reload', { method: 'POST' })).status, 200);
  const refused = await ask(server, '/-/reload', { method: 'POST' });
  assert.equal(refused.status, 500);
  assert.equal(refused.text, 'config.yml:1:1: no\nconfig.yml:2:1: no\n');
  const stranger = await ask(server, '/-/reload', { method: 'POST', headers: { 'X-Forwarded-For': '192.0.2.1' } });
  assert.equal(stranger.status, 500);
  assert.doesNotMatch(stranger.text, /config\.yml/);
});

test('what is asked over the loopback interface is trusted only where it was said to', async () => {
  await using server = await serve({ trustLoopback: false, run: async () => assert.fail() });
  const refused = await ask(server, '/config');
  assert.equal(refused.status, 403);
  assert.match(refused.text, /--web\.trust-loopback/);
  assert.equal((await ask(server, '/-/run?query=a&target=b', { method: 'POST' })).status, 403);
  const { config } = JSON.parse((await ask(server, '/api/v1/status')).text);
  assert.equal(config.problems, null);
});

test('what a page of another site sends is refused, what is no browser is not', async () => {
  let reloads = 0;
  await using server = await serve({
    reload: async () => {
      reloads += 1;
      return { ok: true, problems: [] };
    },
    run: async () => assert.fail(),
  });
  const { host } = new URL(server.url);
  const foreign = [
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: `http://${host}.evil.example` },
    { Origin: 'http://127.0.0.1' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { 'Sec-Fetch-Site': 'cross-site', Origin: `http://${host}` },
  ];
  for (const headers of foreign) {
    for (const path of ['/-/reload', '/-/run?query=a&target=b']) {
      assert.equal((await ask(server, path, { method: 'POST', headers })).status, 403, JSON.stringify(headers));
    }
  }
  assert.equal(reloads, 0);
  for (const headers of [{}, { Origin: `http://${host}` }, { 'Sec-Fetch-Site': 'none' }]) {
    assert.equal((await ask(server, '/-/reload', { method: 'POST', headers })).status, 200);
  }
  assert.equal(reloads, 3);
});

test('a task is run now for who is trusted, and the answer says why it is not', async () => {
  await using closed = await serve();
  assert.equal((await ask(closed, '/-/run?query=a&target=b', { method: 'POST' })).status, 403);

  const asked: string[] = [];
  const replies: RunReply[] = ['started', 'running', 'backoff', 'suspended', 'unknown', 'the poller died'];
  const run = async (query: string, target: string) => {
    asked.push(`${query} on ${target}`);
    return replies.shift() ?? assert.fail();
  };
  await using server = await serve({ run });
  const statuses: number[] = [];
  for (let count = replies.length; count > 0; count -= 1) {
    statuses.push((await ask(server, '/-/run?query=a%26b&target=c', { method: 'POST' })).status);
  }
  assert.deepEqual(statuses, [202, 409, 409, 409, 404, 503]);
  assert.deepEqual([...new Set(asked)], ['a&b on c']);
  for (const search of ['', '?query=a', '?query=a&target=b&target=c', '?query=a&target=b&when=now']) {
    assert.equal((await ask(server, `/-/run${search}`, { method: 'POST' })).status, 400, search);
  }
  const stranger = { method: 'POST', headers: { 'X-Forwarded-For': '192.0.2.1' } };
  assert.equal((await ask(server, '/-/run?query=a&target=b', stranger)).status, 403);
  assert.equal((await ask(server, '/-/run?query=a&target=b')).status, 405);
});

test('the configuration is shown on this machine only', async () => {
  await using server = await serve();
  assert.equal((await ask(server, '/config')).text, 'dsn: "***"\n');
  for (const headers of [
    { 'X-Forwarded-For': '192.0.2.1' },
    { Forwarded: 'for=192.0.2.1' },
    { Host: 'rebound.example' },
  ]) {
    const reply = await ask(server, '/config', { headers });
    assert.equal(reply.status, 403);
    assert.doesNotMatch(reply.text, /dsn/);
  }
});

test('a fault of ours goes to the log, and a client learns nothing of it', async () => {
  const fail = () => {
    throw new Error('something inside');
  };
  await using server = await serve({ maskedConfig: fail, reload: async () => fail() });
  for (const [path, method] of [
    ['/config', 'GET'],
    ['/-/reload', 'POST'],
  ] as const) {
    const reply = await ask(server, path, { method });
    assert.equal(reply.status, 500);
    assert.equal(reply.text, 'internal error, see the log\n');
  }
  assert.equal(server.log.length, 2);
  assert.match(String(server.log[0]?.fields['error']), /something inside\n {4}at /);
});

test('longer answers are compressed on request', async () => {
  await using server = await serve();
  const reply = await ask(server, '/', { headers: { 'Accept-Encoding': 'gzip, br' } });
  assert.equal(reply.headers['content-encoding'], 'gzip');
  assert.equal(reply.headers['content-length'], String(reply.body.length));
  assert.match(gunzipSync(reply.body).toString(), /^<!doctype html>/);
});

test('a port in use is an error with its code, and the other server stays', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  await assert.rejects(serve({}, { kind: 'tcp', host: '127.0.0.1', port }), { code: 'EADDRINUSE', port });
  other.close();
});

test('a socket that the parent opened is served', async () => {
  const parent = createServer().listen(0, '127.0.0.1');
  await once(parent, 'listening');
  const { port } = parent.address() as { port: number };
  const { fd } = (parent as unknown as { _handle: { fd: number } })._handle;
  const child = spawn(process.execPath, [fileURLToPath(new URL('./serve-inherited.js', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit', fd],
  });
  parent.close();
  try {
    const [line] = (await once(child.stdout as Readable, 'data')) as [Buffer];
    assert.equal(line.toString(), `http://127.0.0.1:${port}\n`);
    assert.equal((await ask({ url: `http://127.0.0.1:${port}` }, '/-/healthy')).status, 200);
  } finally {
    child.kill();
    await once(child, 'close');
  }
});
