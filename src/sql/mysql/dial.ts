import { once } from 'node:events';
import { connect, type LookupFunction, type Socket } from 'node:net';
import type { Address } from '../../model/plan.ts';
import { formatAddress } from '../../language/address.ts';
import type { NameLookups } from '../pool/name-lookups.ts';

/** How long one of several addresses of a name may take before the next is tried. */
const ATTEMPT_MS = 1_000;
/** Notices a server that vanished without a word while a long statement runs. */
const KEEP_ALIVE_MS = 30_000;
/** A greeting is about a hundred bytes; an error in its place is shorter than this, too. */
const MAX_GREETING_BYTES = 4_096;
const HEADER_BYTES = 4;
const PROTOCOL_10 = 10;
const ERROR = 0xff;

export interface Dialed {
  readonly socket: Socket;
  /** What was reached: of a name with several addresses, the one that answered. */
  readonly reached: Address;
}

/**
 * Connects and waits until the server greets. The greeting is left in the socket, and looked at before anybody parses
 * it: whatever else may listen on a port says anything. The socket is destroyed when the signal aborts.
 */
export async function dial(address: Address, lookups: NameLookups, signal: AbortSignal): Promise<Dialed> {
  const socket = open(address, lookups);
  // An error between two waits would otherwise have no listener and end the process.
  socket.on('error', () => undefined);
  const destroy = (): unknown => socket.destroy();
  signal.addEventListener('abort', destroy, { once: true });
  try {
    await once(socket, 'connect', { signal });
    const reached = reachedAddress(address, socket);
    await greeting(socket, formatAddress(reached), signal);
    return { socket, reached };
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', destroy);
  }
}

function open(address: Address, lookups: NameLookups): Socket {
  if (address.kind !== 'tcp') return connect({ path: address.path });
  return connect({
    host: address.host,
    port: address.port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    autoSelectFamilyAttemptTimeout: ATTEMPT_MS,
    lookup: lookupFunction(lookups),
  });
}

function lookupFunction(lookups: NameLookups): LookupFunction {
  return (host, options, done) => {
    lookups.find(host).then(
      (addresses) => {
        if (options.all === true) return done(null, [...addresses]);
        return done(null, addresses[0]?.address ?? '', addresses[0]?.family);
      },
      (error: NodeJS.ErrnoException) => done(error, ''),
    );
  };
}

function reachedAddress(address: Address, socket: Socket): Address {
  if (address.kind !== 'tcp') return address;
  return { ...address, host: socket.remoteAddress ?? address.host };
}

async function greeting(socket: Socket, place: string, signal: AbortSignal): Promise<void> {
  let seen = Buffer.alloc(0);
  while (!isWholePacket(seen)) {
    // An end of the stream counts as readable, too; then there is nothing to read.
    if (socket.readableLength === 0) await once(socket, 'readable', { signal });
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) throw new Error(`${place} closed the connection before it greeted`);
    seen = Buffer.concat([seen, chunk]);
    if (!mayBeGreeting(seen)) throw new Error(`what listens on ${place} does not speak the MySQL protocol`);
  }
  socket.unshift(seen);
}

function mayBeGreeting(bytes: Buffer): boolean {
  if (bytes.length <= HEADER_BYTES) return true;
  const kind = bytes[HEADER_BYTES];
  return bytes.readUIntLE(0, 3) <= MAX_GREETING_BYTES && bytes[3] === 0 && (kind === PROTOCOL_10 || kind === ERROR);
}

function isWholePacket(bytes: Buffer): boolean {
  return bytes.length > HEADER_BYTES && bytes.length >= HEADER_BYTES + bytes.readUIntLE(0, 3);
}
