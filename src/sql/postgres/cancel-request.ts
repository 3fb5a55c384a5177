import { once } from 'node:events';
import type { ConnectionOptions } from 'node:tls';
import { serialize } from 'pg-protocol';
import type { Address } from '../../model/plan.ts';
import { dial } from '../pool/dial.ts';
import type { NameLookups } from '../pool/name-lookups.ts';
import { startTls } from './start-tls.ts';

/** A server answers a cancel request by closing the connection, within milliseconds. */
const CANCEL_MS = 2_000;

/** How a server was reached. */
export interface Way {
  readonly address: Address;
  /** Null: without encryption. */
  readonly tls: ConnectionOptions | null;
  readonly lookups: NameLookups;
}

/** What a server wants to hear from whoever cancels a statement of a connection. */
export interface CancelKey {
  readonly processId: number;
  readonly secret: number;
}

/**
 * Asks the server to cancel what a connection is doing: on a connection of its own, without a login, so that a full
 * server lets it in. Whether it had an effect the server does not say. Resolves when it was heard, or in two seconds.
 */
export async function sendCancel({ address, tls, lookups }: Way, { processId, secret }: CancelKey): Promise<void> {
  const signal = AbortSignal.timeout(CANCEL_MS);
  try {
    const { socket } = await dial(address, lookups, signal);
    try {
      const stream = tls === null ? socket : await startTls(socket, tls, signal);
      stream.on('error', () => undefined);
      stream.resume().write(serialize.cancel(processId, secret));
      await once(stream, 'close', { signal });
    } finally {
      socket.destroy();
    }
  } catch {
    // Whoever wants to know whether the statement is gone looks at the server.
  }
}
