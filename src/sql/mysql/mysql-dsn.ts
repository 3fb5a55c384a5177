import { Malformed, UnknownForm } from '../../language/malformed.ts';
import { decodePercent, divideUrl, parseHostPort, splitAt } from '../../language/url.ts';
import type { DsnLanguage } from '../engine.ts';
import { type GivenConnection, NO_TLS_GIVEN } from '../given-connection.ts';
import { readGoParameters } from './dsn-parameters.ts';

/** What a data source name of this engine says. */
export interface MysqlDsn extends GivenConnection {
  readonly readTimeoutMs: number | null;
}

export const MYSQL_PORT = 3306;
const DEFAULT_SOCKET = '/tmp/mysql.sock';
const GO_FORM = 'user:password@tcp(host:port)/database';
const SCHEMES = /^(?:mysql|mariadb):\/\//i;

/**
 * The form of go-sql-driver/mysql, in which the last `@` and the last `/` divide and the password stands as it is; or a
 * URL, percent-encoded.
 */
export const mysqlDsn = {
  beginning: SCHEMES,
  // A password may begin with two slashes.
  isOther: (text) => !/^[a-z][a-z\d+.-]*:\/\//i.test(text) || text.includes(')/'),
  forms: [GO_FORM, 'user:password@unix(/path)/database', 'mysql://user:password@host:port/database'],
  parse: (text): MysqlDsn => (SCHEMES.test(text) ? parseUrl(text.replace(SCHEMES, '')) : parseGo(text)),
} as const satisfies DsnLanguage;

function parseUrl(rest: string): MysqlDsn {
  const { user, password, place, path, query } = divideUrl(rest, `; ${GO_FORM} takes them as they are`);
  return toGiven({ ...parseHostPort(place, MYSQL_PORT), socket: null }, user, password ?? '', path, query);
}

/** `[user[:password]@][protocol[(address)]]/database[?name=value&…]` */
function parseGo(text: string): MysqlDsn {
  const slash = text.lastIndexOf('/');
  if (slash < 0) throw new UnknownForm('lacks the slash before the name of the database, which may be empty');
  const left = text.slice(0, slash);
  const at = left.lastIndexOf('@');
  const [user, password = ''] = splitAt(at < 0 ? '' : left.slice(0, at), ':');
  const [database, query = ''] = splitAt(text.slice(slash + 1), '?');
  return toGiven(parseGoAddress(left.slice(at + 1)), user, password, decodePercent(database), query);
}

type Place = Pick<GivenConnection, 'host' | 'port' | 'socket'>;

/** What is empty says nothing. */
function toGiven(place: Place, user: string, password: string, database: string, query: string): MysqlDsn {
  const { connectTimeoutMs, readTimeoutMs, tls } = readGoParameters(query);
  return {
    ...place,
    user: user || null,
    password: password || null,
    database: database || null,
    connectTimeoutMs,
    readTimeoutMs,
    tls: { ...NO_TLS_GIVEN, mode: tls },
  };
}

function parseGoAddress(text: string): Place {
  const match = /^([^()]*)(?:\((.*)\))?$/.exec(text);
  if (match === null) {
    throw new Malformed(
      text.includes(')')
        ? 'has a slash in a parameter, where it is written %2F, or something between ")" and the slash'
        : 'lacks the closing brace of the address or the slash after it',
    );
  }
  const [, protocol = '', place = ''] = match;
  switch (protocol) {
    case '':
    case 'tcp':
      return { ...parseHostPort(place, MYSQL_PORT), socket: null };
    case 'unix':
      return { host: null, port: null, socket: parseSocket(place) };
    default:
      throw new Malformed('names no protocol before the address; write tcp(host:port) or unix(/path)');
  }
}

function parseSocket(path: string): string {
  if (path === '') return DEFAULT_SOCKET;
  if (!path.startsWith('/')) throw new Malformed('names a socket by a path that does not begin with a slash');
  return path;
}
