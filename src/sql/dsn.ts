import { isIPv6 } from 'node:net';
import type { DsnResult, ParsedDsn } from '../model/dsn.ts';
import type { Address } from '../model/plan.ts';
import { DsnProblem, parseParameters } from './dsn-parameters.ts';

const GO_FORM = 'user:password@tcp(host:port)/database';
const URL_FORM = 'mysql://user:password@host:port/database';
const FORMS = `write ${GO_FORM}, user:password@unix(/path)/database, ${URL_FORM} or sqlite:path`;
const ENCODING =
  `in a URL the characters @ : / ? # % of a user name or password are written %40 %3A %2F %3F %23 %25;` +
  ` ${GO_FORM} takes them as they are`;

/**
 * Reads a data source name: the form of go-sql-driver/mysql, in which the last `@` and the last `/` divide and the
 * password stands as it is; or a URL, percent-encoded. A relative path of `sqlite:` is left as it is.
 */
export function parseDsn(text: string): DsnResult {
  try {
    return { ok: true, dsn: parse(text) };
  } catch (error) {
    if (error instanceof DsnProblem) return { ok: false, problem: error.message };
    throw error;
  }
}

function parse(text: string): ParsedDsn {
  if (text === '') throw new DsnProblem(`is empty; ${FORMS}`);
  if (text.startsWith('sqlite:')) return parseSqlite(text.slice('sqlite:'.length));
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  switch (scheme) {
    case 'mysql':
    case 'mariadb':
      return parseUrl(text.slice(scheme.length + '://'.length));
    case 'postgres':
    case 'postgresql':
      throw new DsnProblem('PostgreSQL is not available yet; mysql, mariadb and sqlite are');
    case undefined:
      return parseGo(text);
    default:
      // A password may begin with two slashes.
      if (text.includes(')/')) return parseGo(text);
      throw new DsnProblem(`has an unknown scheme; ${FORMS}`);
  }
}

function parseSqlite(rest: string): ParsedDsn {
  if (rest.includes('?')) throw new DsnProblem('sqlite: takes no parameters; it is always opened read-only');
  const path = rest.startsWith('//') ? decode(rest.slice(2)) : rest;
  if (path === '') throw new DsnProblem('names no file; write sqlite:path or sqlite::memory:');
  if (rest.startsWith('//') && !path.startsWith('/')) {
    throw new DsnProblem('names a host; write sqlite:path, or sqlite:///path from the root');
  }
  return {
    engine: 'sqlite',
    address: { kind: 'file', path },
    user: '',
    password: null,
    database: '',
    connectTimeoutMs: null,
    readTimeoutMs: null,
    tls: null,
  };
}

/** `[user[:password]@][protocol[(address)]]/database[?name=value&…]` */
function parseGo(text: string): ParsedDsn {
  const slash = text.lastIndexOf('/');
  if (slash < 0) throw new DsnProblem(`lacks the slash before the name of the database, which may be empty; ${FORMS}`);
  const left = text.slice(0, slash);
  const at = left.lastIndexOf('@');
  const credentials = at < 0 ? '' : left.slice(0, at);
  const colon = credentials.indexOf(':');
  const [database = '', query] = splitAt(text.slice(slash + 1), '?');
  return {
    engine: 'mysql',
    address: parseGoAddress(left.slice(at + 1)),
    user: colon < 0 ? credentials : credentials.slice(0, colon),
    password: colon < 0 ? null : credentials.slice(colon + 1),
    database: decode(database),
    ...parseParameters(query ?? ''),
  };
}

function parseGoAddress(text: string): Address {
  const match = /^([^()]*)(?:\((.*)\))?$/.exec(text);
  if (match === null) {
    throw new DsnProblem(
      text.includes(')')
        ? 'has a slash in a parameter, where it is written %2F, or something between ")" and the slash'
        : 'lacks the closing brace of the address or the slash after it',
    );
  }
  const [, protocol = '', place = ''] = match;
  switch (protocol) {
    case '':
    case 'tcp':
      return parseHostPort(place);
    case 'unix':
      return parseSocketPath(place === '' ? '/tmp/mysql.sock' : place);
    default:
      throw new DsnProblem('names no protocol before the address; write tcp(host:port) or unix(/path)');
  }
}

function parseSocketPath(path: string): Address {
  if (!path.startsWith('/')) throw new DsnProblem('names a socket by a path that does not begin with a slash');
  return { kind: 'socket', path };
}

/** What follows `mysql://`. */
function parseUrl(rest: string): ParsedDsn {
  const match = /^([^/?#]*)(?:\/([^/?#@]*))?(?:\?([^#/@]*))?$/.exec(rest);
  const [, authority = '', database = '', query] = match ?? [];
  const parts = authority.split('@');
  if (match === null || parts.length > 2) throw new DsnProblem(`cannot be divided into its parts: ${ENCODING}`);
  const [credentials, place] = parts.length === 2 ? [parts[0] ?? '', parts[1] ?? ''] : ['', parts[0] ?? ''];
  const [user = '', password] = splitAt(credentials, ':');
  if (password?.includes(':')) throw new DsnProblem(`has two colons before the @: ${ENCODING}`);
  return {
    engine: 'mysql',
    address: parseHostPort(decode(place)),
    user: decode(user),
    password: password === undefined ? null : decode(password),
    database: decode(database),
    ...parseParameters(query ?? ''),
  };
}

function parseHostPort(text: string): Address {
  if (isIPv6(text)) return { kind: 'tcp', host: text, port: 3306 };
  const match = /^(?:\[([^\]]*)\]|([^:\s()[\]/@?#%]*))(?::(\d*))?$/.exec(text);
  const [, ip, name = '', port = '3306'] = match ?? [];
  if (match === null || (ip !== undefined && !isIPv6(ip))) {
    throw new DsnProblem('has an address that is not host:port, such as db1:3306, 10.0.0.1:3306 or [::1]:3306');
  }
  const number = Number(port);
  if (port === '' || number < 1 || number > 65_535) throw new DsnProblem('has a port that is not from 1 to 65535');
  return { kind: 'tcp', host: ip ?? (name === '' ? '127.0.0.1' : name), port: number };
}

/** At the first separator; the second part is undefined where there is none. */
function splitAt(text: string, separator: string): [string, string | undefined] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DsnProblem(`has a percent sign that does not begin a character: ${ENCODING}`);
  }
}
