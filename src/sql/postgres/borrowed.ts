import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectSocket, isIP, type LookupFunction, type Socket } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import type { Address, Password, Tls } from '../../model/plan.ts';
import { tlsOptions as mysqlTlsOptions } from '../mysql/tls.ts';
import type { NameLookups } from '../pool/name-lookups.ts';

// Stands in for pool/{dial,tls-files,password}.ts until they are there.

const ATTEMPT_MS = 1_000;
const KEEP_ALIVE_MS = 30_000;

export interface Dialed {
  readonly socket: Socket;
  readonly reached: Address;
}

export async function dial(address: Address, lookups: NameLookups, signal: AbortSignal): Promise<Dialed> {
  const socket =
    address.kind === 'tcp'
      ? connectSocket({
          host: address.host,
          port: address.port,
          noDelay: true,
          keepAlive: true,
          keepAliveInitialDelay: KEEP_ALIVE_MS,
          autoSelectFamilyAttemptTimeout: ATTEMPT_MS,
          lookup: lookupFunction(lookups),
        })
      : connectSocket({ path: address.path });
  socket.on('error', () => undefined);
  try {
    await once(socket, 'connect', { signal });
    if (address.kind !== 'tcp') return { socket, reached: address };
    return { socket, reached: { ...address, host: socket.remoteAddress ?? address.host } };
  } catch (error) {
    socket.destroy();
    throw error;
  }
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

export async function tlsOptions(tls: Tls, address: Address): Promise<ConnectionOptions> {
  const options = await mysqlTlsOptions(tls, address);
  const name = tls.serverName ?? (address.kind === 'tcp' ? address.host : '');
  return {
    ...options,
    rejectUnauthorized: tls.mode !== 'skip-verify',
    ...(isIP(name) === 0 && name !== '' ? { servername: name } : {}),
    checkServerIdentity: (_, certificate) =>
      tls.mode === 'verify' ? checkServerIdentity(name, certificate) : undefined,
  };
}

export async function readPassword(password: Password): Promise<string> {
  if (password.kind === 'none') return '';
  if (password.kind === 'text') return password.text;
  try {
    return (await readFile(password.path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw new Error(`password_file cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
