import { Malformed } from '../../language/malformed.ts';
import { divideUrl, type Parameter, parseHost, parseHostPort, readParameters, splitAt } from '../../language/url.ts';
import type { DsnLanguage } from '../engine.ts';
import { type GivenConnection, NO_TLS_GIVEN } from '../given-connection.ts';
import { readKeywords } from './postgres-keywords.ts';
import { POSTGRES_PORT, socketFile } from './socket-file.ts';

const SCHEME = /^postgres(?:ql)?:\/\//i;
const ADVICE = "; host=… user=… password='…' dbname=… takes them as they are";
const ONE_HOST = 'names several hosts: a target is one instance, so write one target for each';

/** A URL, percent-encoded, or the keywords of libpq. */
export const postgresDsn = {
  beginning: /^postgres(?:ql)?:\/\/|^\s*\w+\s*=/i,
  isOther: () => false,
  forms: ['postgres://user:password@host:port/database', "host=… port=… user=… password='…' dbname=…"],
  parse: (text): GivenConnection => {
    const problems: string[] = [];
    const keywords = SCHEME.test(text) ? urlKeywords(text.replace(SCHEME, ''), problems) : libpqKeywords(text);
    const { host, port, ...given } = readKeywords(keywords, problems);
    const place = parsePlace(host, port, problems);
    if (problems.length > 0) throw new Malformed(problems);
    // Over a socket there is nobody to hide from, and the server offers no encryption.
    return { ...given, ...place, tls: place.socket === null ? given.tls : NO_TLS_GIVEN };
  },
} as const satisfies DsnLanguage;

/** What follows `postgres://`: `[user[:password]@][host[:port]][/database][?name=value&…]` */
function urlKeywords(rest: string, problems: string[]): Parameter[] {
  const [main, query = ''] = splitAt(rest, '?');
  if (/^[^/#]*\/[^#@]*\//.test(main)) {
    throw new Malformed('has more than one slash after the host: the folder of a socket is given as ?host=/folder');
  }
  // A path may stand in the query; an @ there shows that the question mark is one of the password.
  const { user, password, place, path } = divideUrl(/[@#]/.test(query) ? rest : main, ADVICE);
  if (place.includes(',')) throw new Malformed(ONE_HOST);
  const { host, port } = place.startsWith('/') ? { host: place, port: null } : parseHostPort(place, POSTGRES_PORT);
  const keywords = Object.entries({ host, port, user, password, dbname: path }).flatMap(([name, value]) =>
    value === null || value === '' ? [] : [{ name, value: String(value), position: 0 }],
  );
  return [...keywords, ...readParameters(query, problems)];
}

/** `name = value`, with the value in single quotes where it holds blanks; a backslash takes the next character as it is. */
function libpqKeywords(text: string): Parameter[] {
  const keywords: Parameter[] = [];
  const pattern = /\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/suy;
  const end = text.trimEnd().length;
  while (pattern.lastIndex < end) {
    const match = pattern.exec(text);
    if (match === null) {
      const where = `cannot be read after parameter ${keywords.length}`;
      throw new Malformed(`${where}: write name=value, and quote a value with blanks: '…'`);
    }
    const [, name = '', quoted, plain = ''] = match;
    keywords.push({ name, value: (quoted ?? plain).replace(/\\(.)/gsu, '$1'), position: keywords.length + 1 });
  }
  return keywords;
}

type Place = Pick<GivenConnection, 'host' | 'port' | 'socket'>;

function parsePlace(host: string | null, portText: string | null, problems: string[]): Place {
  const port = portText === null ? null : Number(portText);
  if (host?.includes(',') || portText?.includes(',')) problems.push(ONE_HOST);
  else if (port !== null && !(/^\d+$/.test(portText ?? '') && port >= 1 && port <= 65_535)) {
    problems.push('has a port that is not from 1 to 65535');
  } else if (host?.startsWith('/')) return { host: null, port: null, socket: socketFile(host, port) };
  else if (host !== null && parseHost(host) === null) {
    problems.push('has a host that is neither a name nor an address nor the folder of a socket');
  }
  return { host, port, socket: null };
}
