import { dirname, resolve } from 'node:path';
import { parseDuration } from '../../language/duration.ts';
import { parseHost } from '../../language/url.ts';
import type { TargetChecks } from '../engine.ts';
import type { GivenConnection, GivenTls } from '../given-connection.ts';
import { parseOptionFile } from './option-file.ts';

const MAX_BYTES = 65_536;
type Options = ReadonlyMap<string, string | null>;

/** Reads the [client] section of the option file that a key of a target names. Null: what is wrong was said. */
export function readClientOptions(key: string, path: string, checks: TargetChecks): GivenConnection | null {
  const file = checks.readFile(key, path, MAX_BYTES);
  if (file === null) return null;
  const { client, hasIncludes } = parseOptionFile(file.text);
  if (hasIncludes) checks.warn(key, 'files that it includes are not read: name the one with the [client] section');
  if (client.get('password')) file.warnIfOpen();
  const port = numberOf(client, 'port');
  if (port !== null && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    checks.refuse(key, 'its port is no number from 1 to 65535');
  }
  const written = client.get('host') ?? null;
  const host = written === null ? null : parseHost(written);
  if (host === null && written !== null) {
    checks.refuse(key, 'its host: expected a host name or an address alone; the port has its own key "port"');
  }
  const tls = tlsOf(client, file.path);
  for (const pem of [tls.caFile, tls.certFile, tls.keyFile]) if (pem !== null) checks.checkFile(key, pem);
  const seconds = client.get('connect-timeout');
  return {
    user: client.get('user') ?? null,
    password: client.get('password') ?? null,
    host,
    port,
    socket: socketOf(client, file.path),
    database: client.get('database') ?? null,
    connectTimeoutMs: (seconds && parseDuration(`${seconds}s`)) || null,
    tls,
  };
}

/** As MySQL's own programs do it. */
function resolveBeside(optionFile: string, path: string): string {
  return resolve(dirname(optionFile), path);
}

function numberOf(options: Options, name: string): number | null {
  const text = options.get(name);
  return text ? Number(text) : null;
}

/** MySQL's programs take the socket where no host, or `localhost`, is given, unless the protocol says otherwise. */
function socketOf(options: Options, optionFile: string): string | null {
  const socket = options.get('socket');
  const host = options.get('host');
  const protocol = options.get('protocol')?.toLowerCase();
  if (!socket || protocol === 'tcp') return null;
  const takesSocket = protocol === 'socket' || !host || host === 'localhost';
  return takesSocket ? resolveBeside(optionFile, socket) : null;
}

function tlsOf(options: Options, optionFile: string): GivenTls {
  const fileOf = (name: string) => {
    const path = options.get(name);
    return path ? resolveBeside(optionFile, path) : null;
  };
  const mode = tlsModeOf(options);
  return {
    mode,
    caFile: mode === 'verify' ? fileOf('ssl-ca') : null,
    certFile: fileOf('ssl-cert'),
    keyFile: fileOf('ssl-key'),
  };
}

/**
 * Never less than the file asks for: a demand to check the authority alone is met by checking the name as well. MySQL's
 * `PREFERRED` leaves the choice open, and then there is no encryption.
 */
function tlsModeOf(options: Options): GivenTls['mode'] {
  switch (options.get('ssl-mode')?.toUpperCase()) {
    case 'VERIFY_CA':
    case 'VERIFY_IDENTITY':
      return 'verify';
    case 'REQUIRED':
      return 'skip-verify';
    case 'DISABLED':
      return 'off';
  }
  if (options.has('skip-ssl') || isOff(options.get('ssl'))) return 'off';
  const checksName = options.has('ssl-verify-server-cert') && !isOff(options.get('ssl-verify-server-cert'));
  if (checksName || options.has('ssl-ca')) return 'verify';
  return options.has('ssl') || options.has('ssl-cert') ? 'skip-verify' : null;
}

/** An option that stands alone is on. */
function isOff(value: string | null | undefined): boolean {
  return value !== undefined && value !== null && ['0', 'off', 'false', 'no'].includes(value.toLowerCase());
}
