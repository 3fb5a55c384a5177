import { once } from 'node:events';
import { connect, type LookupFunction, type Socket } from 'node:net';
import type { Address } from '../../model/plan.ts';
import type { NameLookups } from './name-lookups.ts';

/** How long one of several addresses of a name may take before the next is tried. */
const ATTEMPT_MS = 1_000;
/** Notices a server that vanished without a word while a long statement runs. */
const KEEP_ALIVE_MS = 30_000;

export interface Dialed {
  readonly socket: Socket;
  /** What was reached: of a name with several addresses, the one that answered. */
  readonly reached: Address;
}

/** Connects; the socket is destroyed when the signal aborts before that. */
export async function dial(address: Address, lookups: NameLookups, signal: AbortSignal): Promise<Dialed> {
  const socket = open(address, lookups);
  // An error between two waits would otherwise have no listener and end the process.
  socket.on('error', () => undefined);
  try {
    await once(socket, 'connect', { signal });
    return { socket, reached: reachedAddress(address, socket) };
  } catch (error) {
    socket.destroy();
    throw error;
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
