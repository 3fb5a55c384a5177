import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Agent } from 'node:http';
import { test } from 'node:test';
import { until } from '../support/daemon.ts';
import { ask, gone, open } from './ask.ts';
import { serve, toBody } from './fixtures.ts';

const GET = 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n';
const LARGE = Buffer.alloc(20_000_000, 'x');
const page = { identity: toBody(LARGE), gzip: toBody(LARGE), series: 0 };
const largePages = { current: () => page, narrow: async () => ({ kind: 'page', page }) as const };

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** No measure: on a busy machine everything may take long. */
const LIMIT_MS = 60_000;

/** The descriptors of both ends are of this process. */
async function untilDescriptors(atMost: number): Promise<void> {
  const isSo = () => (openDescriptors() <= atMost ? true : undefined);
  await until(`no more than ${atMost} descriptors to be open`, LIMIT_MS, isSo);
}

test('clients that never read are cut off', async () => {
  await using server = await serve({ pages: largePages, limits: { stalledTimeoutMs: 150 } });
  const descriptors = openDescriptors();
  const sockets = await Promise.all(Array.from({ length: 10 }, () => open(server, GET)));
  // The first may be cut off before the last is answered.
  const isAnswered = () => sockets.every(({ bytesRead, destroyed }) => bytesRead > 0 || destroyed) || undefined;
  await until('each to be answered or cut off', LIMIT_MS, isAnswered);
  // A client that does not read does not notice its end, so this looks at what the server's side holds.
  await untilDescriptors(descriptors + 10);
  for (const socket of sockets) socket.destroy();
});

test('a thousand scrapes that are broken off leave nothing behind', async () => {
  await using server = await serve({ pages: largePages });
  assert.equal((await ask(server, '/-/healthy')).status, 200);
  const before = openDescriptors();
  for (let round = 0; round < 50; round += 1) {
    const sockets = await Promise.all(Array.from({ length: 20 }, () => open(server, GET)));
    for (const socket of sockets) {
      await once(socket, 'data');
      socket.resetAndDestroy();
    }
  }
  await untilDescriptors(before);
  assert.equal((await ask(server, '/-/healthy')).status, 200);
});

test('idle connections and half requests, however many, keep no scraper out', async () => {
  await using server = await serve({ maxClients: () => 20 });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const sockets = [];
  for (let round = 0; round < 50; round += 1) {
    sockets.push(
      await open(server),
      await open(server, 'GET /metrics HTTP/1.1\r\nHo'),
      await open(server, `${GET}GET /m`),
    );
    assert.equal((await ask(server, '/metrics')).status, 200);
    // One that is used stays, since the others have been unused for longer.
    assert.equal((await ask(server, '/metrics', { agent })).status, 200);
  }
  const states = await Promise.all(sockets.slice(0, 100).map((socket) => gone(socket)));
  assert.equal(states.length, 100);
  for (const socket of sockets) socket.destroy();
  agent.destroy();
});

test('clients that never read make room only when they had their time', async () => {
  const options = { pages: largePages, maxClients: () => 3 };
  await using patient = await serve({ ...options, limits: { patienceMs: 60_000 } });
  await using hasty = await serve({ ...options, limits: { patienceMs: 0 } });
  for (const server of [patient, hasty]) {
    for (let count = 0; count < 3; count += 1) {
      const socket = await open(server, GET);
      await once(socket, 'readable');
    }
  }
  await assert.rejects(ask(patient, '/-/healthy'), { code: 'ECONNRESET' });
  assert.equal((await ask(hasty, '/-/healthy')).status, 200);
});

test('a request that does not come to its end is given up', async () => {
  await using server = await serve({ limits: { headersTimeoutMs: 100, requestTimeoutMs: 200 } });
  for (const bytes of ['', 'GET /metrics HTTP/1.1\r\nHo', `POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n`]) {
    await gone(await open(server, bytes));
  }
});

test('a body that never ends is not read after the response', async () => {
  await using server = await serve({ limits: { bodyTimeoutMs: 100 } });
  for (const method of ['GET', 'POST']) {
    const socket = await open(server, `${method} /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const send = (): void => {
      while (socket.writable && socket.write(chunk));
    };
    socket.on('drain', send);
    send();
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), method === 'GET' ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 405 /);
    await gone(socket);
  }
});

test('closing ends idle connections at once', async () => {
  const server = await serve();
  const idle = await open(server);
  const half = await open(server, 'GET /metr');
  const agent = new Agent({ keepAlive: true });
  assert.equal((await ask(server, '/metrics', { agent })).status, 200);
  await server.close(60_000);
  await Promise.all([gone(idle), gone(half)]);
  await assert.rejects(ask(server, '/metrics'), { code: 'ECONNREFUSED' });
  agent.destroy();
});

test('closing lets a response under way arrive whole, and then ends its connection', async () => {
  const server = await serve({ pages: largePages });
  const socket = await open(server, GET);
  await once(socket, 'readable');
  const closed = server.close(60_000);
  let bytes = 0;
  for await (const chunk of socket) bytes += (chunk as Buffer).length;
  assert.ok(bytes > LARGE.length, `${bytes} bytes came`);
  await closed;
});

test('closing waits no longer than it was told for a client that does not read', async () => {
  const server = await serve({ pages: largePages });
  const socket = await open(server, GET);
  await once(socket, 'readable');
  await server.close(50);
  socket.destroy();
});
