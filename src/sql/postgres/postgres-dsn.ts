import { isIPv6 } from 'node:net';
import type { ParsedDsn } from '../../model/dsn.ts';
import type { Address, Tls } from '../../model/plan.ts';
import { type DsnPair, readParameters } from './postgres-dsn-parameters.ts';
import { POSTGRES_PORT, socketFile } from './socket-file.ts';

export interface PostgresDsn extends Omit<ParsedDsn, 'tls'> {
  readonly tls: 'off' | Tls['mode'] | null;
  /** As written; null for none. */
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
}

/** Problems never quote the DSN, since any part of it may belong to a password. */
export type PostgresDsnResult =
  | { readonly ok: true; readonly dsn: PostgresDsn }
  | { readonly ok: false; readonly problems: readonly string[] };

const URL_START = /^postgres(?:ql)?:\/\//i;
const KEYWORD_START = /^\s*\w+\s*=/;
const ENCODING =
  'in a URL the characters @ : / ? # % of a user name or password are written %40 %3A %2F %3F %23 %25;' +
  " host=… user=… password='…' dbname=… takes them as they are";

/** A data source name of which this engine says what is wrong, if anything is. */
export function isPostgresDsn(text: string): boolean {
  return URL_START.test(text) || KEYWORD_START.test(text);
}

/** Reads a `postgres://` URL or the keywords of libpq. Says everything that is wrong with the parameters, not the first. */
export function parsePostgresDsn(text: string): PostgresDsnResult {
  const problems: string[] = [];
  const url = URL_START.exec(text);
  const pairs = url === null ? keywordPairs(text, problems) : urlPairs(text.slice(url[0].length), problems);
  if (problems.length > 0) return { ok: false, problems };
  const given = readParameters(pairs, problems);
  const address = toAddress(given.host, given.port, problems);
  if (problems.length > 0 || address === null) return { ok: false, problems };
  return {
    ok: true,
    dsn: {
      engine: 'postgres',
      address,
      user: given.user,
      password: given.password,
      database: given.database,
      connectTimeoutMs: given.connectTimeoutMs,
      readTimeoutMs: null,
      // Over a socket there is nobody to hide from, and the server offers none.
      ...(address.kind === 'socket' ? { tls: null, caFile: null, certFile: null, keyFile: null } : given.tls),
    },
  };
}

/** What follows `postgres://`: `[user[:password]@][host[:port]][/database][?name=value&…]` */
function urlPairs(rest: string, problems: string[]): DsnPair[] {
  const match = /^([^/?#]*)(?:\/([^?#@]*))?(?:\?([^#@]*))?$/.exec(rest);
  const [, authority = '', database = '', query = ''] = match ?? [];
  const parts = authority.split('@');
  const [credentials, place] = parts.length === 2 ? [parts[0] ?? '', parts[1] ?? ''] : ['', authority];
  const [, user = '', password] = /^([^:]*)(?::([^:]*))?$/.exec(credentials) ?? [];
  if (match === null || parts.length > 2 || (credentials !== '' && user === '' && password === undefined)) {
    problems.push(`cannot be divided into its parts: ${ENCODING}`);
    return [];
  }
  if (database.includes('/')) {
    problems.push('has more than one slash after the host: the folder of a socket is given as ?host=/folder');
    return [];
  }
  const pairs: DsnPair[] = [...placePairs(place, problems)];
  if (user !== '') pairs.push({ name: 'user', value: user });
  if (password !== undefined) pairs.push({ name: 'password', value: password });
  if (database !== '') pairs.push({ name: 'dbname', value: database });
  for (const [index, pair] of query === '' ? [] : query.split('&').entries()) {
    const equals = pair.indexOf('=');
    if (equals < 1) problems.push(`has no name=value as parameter ${index + 1}`);
    else pairs.push({ name: pair.slice(0, equals), value: pair.slice(equals + 1), position: index + 1 });
  }
  return pairs.map(({ value, ...pair }) => ({ ...pair, value: decoded(value, problems) }));
}

function placePairs(place: string, problems: string[]): DsnPair[] {
  if (place === '') return [];
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d*))?$/.exec(place);
  if (match === null) {
    // A second host looks like a port that is none.
    problems.push(place.includes(',') ? ONE_HOST : BAD_ADDRESS);
    return [];
  }
  const [, host = '', port] = match;
  const pairs = host === '' ? [] : [{ name: 'host', value: host.replace(/^\[(.*)\]$/, '$1') }];
  return port === undefined ? pairs : [...pairs, { name: 'port', value: port }];
}

const ONE_HOST = 'names several hosts: a target is one instance, so write one target for each';
const BAD_ADDRESS = 'has an address that is not host:port, such as db1:5432, 10.0.0.1:5432 or [::1]:5432';

function decoded(text: string, problems: string[]): string {
  try {
    return decodeURIComponent(text);
  } catch {
    problems.push(`has a percent sign that does not begin a character: ${ENCODING}`);
    return '';
  }
}

/** `name = value`, with the value in single quotes where it holds blanks; a backslash takes the next character as it is. */
function keywordPairs(text: string, problems: string[]): DsnPair[] {
  const pairs: DsnPair[] = [];
  const pattern = /\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/suy;
  const end = text.trimEnd().length;
  while (pattern.lastIndex < end) {
    const match = pattern.exec(text);
    if (match === null) {
      problems.push(
        `cannot be read after parameter ${pairs.length}: write name=value, and quote a value with blanks: '…'`,
      );
      return [];
    }
    const [, name = '', quoted, plain = ''] = match;
    pairs.push({ name, value: (quoted ?? plain).replace(/\\(.)/gsu, '$1'), position: pairs.length + 1 });
  }
  if (pairs.length === 0) problems.push('is empty; write postgres://user:password@host:port/database');
  return pairs;
}

function toAddress(host: string, portText: string | null, problems: string[]): Address | null {
  const port = portText === null || portText === '' ? POSTGRES_PORT : Number(portText);
  if (host.includes(',') || portText?.includes(',')) problems.push(ONE_HOST);
  else if (!/^\d*$/.test(portText ?? '') || port < 1 || port > 65_535) {
    problems.push('has a port that is not from 1 to 65535');
  } else if (host.startsWith('/')) return { kind: 'socket', path: socketFile(host, port) };
  else if (/[\s:()[\]/@?#%]/.test(host) && !isIPv6(host)) problems.push(BAD_ADDRESS);
  else return { kind: 'tcp', host: host === '' ? '127.0.0.1' : host, port };
  return null;
}
