import { parseDuration } from '../language/duration.ts';
import type { Context } from './context.ts';
import { checkReadable, isOpenToOthers, openToOthers, readTextFile, resolveBeside, resolveSecret } from './files.ts';
import { parseOptionFile } from './option-file.ts';
import type { Path } from './path.ts';
import { quotePath } from './quote.ts';
import { type GivenTls, NO_TLS_GIVEN } from './tls.ts';

/** What a MySQL option file says about a connection; null where it says nothing. */
export interface ClientOptions {
  readonly user: string | null;
  readonly password: string | null;
  readonly host: string | null;
  readonly port: number | null;
  /** Absolute. Null also where MySQL's programs would go to the host instead. */
  readonly socket: string | null;
  readonly database: string | null;
  readonly connectTimeoutMs: number | null;
  readonly tls: GivenTls;
}

export const NO_OPTIONS: ClientOptions = {
  user: null,
  password: null,
  host: null,
  port: null,
  socket: null,
  database: null,
  connectTimeoutMs: null,
  tls: NO_TLS_GIVEN,
};

const MAX_BYTES = 65_536;
type Options = ReadonlyMap<string, string | null>;

/** Reads the [client] section of the file that the value at `path` names. Null: what is wrong was said. */
export function readClientOptions(path: Path, written: string, context: Context): ClientOptions | null {
  const { document } = context;
  const absolute = resolveSecret(document.configPathOf(path), written, context.secrets.env);
  const file = readTextFile(absolute, MAX_BYTES);
  if (!file.ok && context.secrets.areElsewhere) return { ...NO_OPTIONS, user: 'stand-in' };
  if (!file.ok) {
    context.refuseFile(path, absolute, file.problem);
    return null;
  }
  const { client, hasIncludes } = parseOptionFile(file.text);
  if (hasIncludes) document.warn(path, 'files that it includes are not read: name the one with the [client] section');
  if (client.get('password') && isOpenToOthers(file.mode)) document.warn(path, openToOthers(absolute));
  const port = numberOf(client, 'port');
  if (port !== null && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    document.refuse(path, 'its port is no number from 1 to 65535');
  }
  const tls = tlsOf(client, absolute);
  for (const pem of [tls.caFile, tls.certFile, tls.keyFile]) {
    const problem = pem === null ? null : checkReadable(pem).problem;
    if (problem !== null) document.refuse(path, `${quotePath(pem ?? '')}, which it names, ${problem}`);
  }
  const seconds = client.get('connect-timeout');
  return {
    user: client.get('user') ?? null,
    password: client.get('password') ?? null,
    host: client.get('host') ?? null,
    port,
    socket: socketOf(client, absolute),
    database: client.get('database') ?? null,
    connectTimeoutMs: (seconds && parseDuration(`${seconds}s`)) || null,
    tls,
  };
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
