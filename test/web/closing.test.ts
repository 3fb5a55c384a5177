import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { gone, open } from './ask.ts';
import { serve } from './fixtures.ts';

const REQUEST = 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n';

test('a request on a connection that was made before the server closes is answered', async () => {
  const server = await serve();
  const socket = await open(server);
  // The server accepts the connection in the turn in which it is made, or in the next one.
  await new Promise((resolve) => setImmediate(resolve));
  const closing = server.close(5_000);
  socket.write(REQUEST);
  assert.match(await text(socket), /^HTTP\/1\.1 200 /);
  await closing;
});

test('connections that were used and are idle, or never send a request, do not hold up the close', async () => {
  const server = await serve();
  const used = await open(server, REQUEST);
  await new Promise((resolve) => used.once('data', resolve));
  const silent = await open(server);
  await server.close(60_000);
  await Promise.all([gone(used), gone(silent)]);
});
