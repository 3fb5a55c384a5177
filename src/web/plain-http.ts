import type { Server } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Logger } from '../logger.ts';
import type { Connections } from './connections.ts';

const BODY = 'this port speaks TLS: ask with https://\n';
const ANSWER = [
  'HTTP/1.1 400 Bad Request',
  'Content-Type: text/plain; charset=utf-8',
  `Content-Length: ${BODY.length}`,
  'Connection: close',
  '',
  BODY,
].join('\r\n');

/** A Prometheus that was not told of TLS asks every few seconds. */
const LOG_EVERY_MS = 60_000;

/** Tells those who speak plain HTTP to a port with TLS what is wrong, instead of closing the connection on them. */
export function answerPlainHttp(server: Server, connections: Connections, logger: Logger): void {
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  server.on('tlsClientError', (error: NodeJS.ErrnoException, encrypted: TLSSocket) => {
    if (error.code !== 'ERR_SSL_HTTP_REQUEST') return;
    const socket = connections.under(encrypted);
    if (socket === null) return;
    socket.once('error', () => {});
    socket.end(ANSWER);
    const nowMs = performance.now();
    if (nowMs - loggedAtMs < LOG_EVERY_MS) return;
    loggedAtMs = nowMs;
    logger.warn('a client speaks plain HTTP to the port with TLS', { client: socket.remoteAddress });
  });
}
