import { once } from 'node:events';
import { serialize } from 'pg-protocol';
import { openSocket, type Way } from './open-socket.ts';

/** A server answers a cancel request by closing the connection, within milliseconds. */
const CANCEL_MS = 2_000;

/** The process id and the secret of a connection, each in eight hexadecimal digits. */
const KEY = /^([\da-f]{8}):([\da-f]{8})$/;

export function isCancelKey(text: string): boolean {
  return KEY.test(text);
}

/**
 * Asks the server to cancel what a connection is doing: on a connection of its own, without a login, so that a full
 * server lets it in. Whether it had an effect the server does not say. Resolves when it was heard, or in two seconds.
 */
export async function sendCancel(way: Way, key: string): Promise<void> {
  const [, processId = '', secret = ''] = KEY.exec(key) ?? [];
  const signal = AbortSignal.timeout(CANCEL_MS);
  try {
    const { socket } = await openSocket(way, signal);
    try {
      socket.on('error', () => undefined);
      socket.resume().write(serialize.cancel(Number.parseInt(processId, 16) | 0, Number.parseInt(secret, 16) | 0));
      await once(socket, 'close', { signal });
    } finally {
      socket.destroy();
    }
  } catch {
    // Whoever wants to know whether the statement is gone looks at the server.
  }
}
