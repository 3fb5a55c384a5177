import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { mock, test } from 'node:test';
import { RedisLink } from '../../src/fleet/redis-link.ts';

const ANSWER_MS = 3_000;
/** What never happens is given up after this. */
const LIMIT_MS = 120_000;

test('three sentinels that say nothing take no longer than one answer may', { timeout: LIMIT_MS }, async () => {
  const silent = await Promise.all([startSilent(), startSilent(), startSilent()]);
  const hosts = silent.map(({ port }) => ({ host: '127.0.0.1', port }));
  const address = {
    hosts,
    master: 'main',
    user: '',
    password: { kind: 'text', text: '' },
    database: 0,
    tls: null,
  } as const;
  await using link = new RedisLink({ address, answerMs: ANSWER_MS, longestWaitMs: 0 });
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const used = assert.rejects(link.use(async () => {}));
    for (const { asked } of silent) {
      await asked;
      mock.timers.tick(ANSWER_MS / silent.length);
    }
    await used;
  } finally {
    mock.timers.reset();
    for (const { stop } of silent) stop();
  }
});

/** Accepts connections, and hears what it is asked. */
async function startSilent() {
  const server = createServer();
  const sockets: Socket[] = [];
  const asked = once(server, 'connection').then(([socket]) => {
    sockets.push(socket as Socket);
    return once(socket as Socket, 'data');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, asked, stop };
}
