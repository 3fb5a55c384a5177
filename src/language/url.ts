import { isIPv6 } from 'node:net';
import { Malformed } from './malformed.ts';

/** `[user[:password]@]place[/path][?name=value&…]`, what follows the `://` of a URL, decoded. */
export interface UrlParts {
  readonly user: string;
  /** Null: no colon follows the user. */
  readonly password: string | null;
  readonly place: string;
  /** Without the slash in front. */
  readonly path: string;
  /** What follows the question mark, as it is written. */
  readonly query: string;
}

const ENCODING = 'in a URL the characters @ : / ? # % of a user name or password are written %40 %3A %2F %3F %23 %25';

/** Throws a {@link Malformed}. `advice` ends what it says about a character that has to be encoded. */
export function divideUrl(rest: string, advice = ''): UrlParts {
  const match = /^([^/?#]*)(?:\/([^/?#@]*))?(?:\?([^#/@]*))?$/.exec(rest);
  const [, authority = '', path = '', query = ''] = match ?? [];
  const parts = authority.split('@');
  if (match === null || parts.length > 2) throw new Malformed(`cannot be divided into its parts: ${ENCODING}${advice}`);
  const [credentials, place] = parts.length === 2 ? [parts[0] ?? '', parts[1] ?? ''] : ['', parts[0] ?? ''];
  const [user, password] = splitAt(credentials, ':');
  if (password?.includes(':')) throw new Malformed(`has two colons before the @: ${ENCODING}${advice}`);
  const decode = (text: string) => decodePercent(text, advice);
  return {
    user: decode(user),
    password: password === undefined ? null : decode(password),
    place: decode(place),
    path: decode(path),
    query,
  };
}

/** Throws a {@link Malformed}. */
export function decodePercent(text: string, advice = ''): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Malformed(`has a percent sign that does not begin a character: ${ENCODING}${advice}`);
  }
}

/** At the first separator; the second part is undefined where there is none. */
export function splitAt(text: string, separator: string): [string, string | undefined] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

/** `host`, `host:port`, `[::1]:port`, `::1` or `:port`; null for what it does not say. Throws a {@link Malformed}. */
export function parseHostPort(
  text: string,
  examplePort: number,
): { readonly host: string | null; readonly port: number | null } {
  if (isIPv6(text)) return { host: text, port: null };
  const match = /^(?:\[([^\]]*)\]|([^:\s()[\]/@?#%]*))(?::(\d*))?$/.exec(text);
  const [, ip, name = '', port] = match ?? [];
  if (match === null || (ip !== undefined && !isIPv6(ip))) {
    const examples = ['db1', '10.0.0.1', '[::1]'].map((host) => `${host}:${examplePort}`);
    throw new Malformed(
      `has an address that is not host:port, such as ${examples.slice(0, 2).join(', ')} or ${examples[2]}`,
    );
  }
  const number = Number(port);
  if (port === '' || number < 1 || number > 65_535) throw new Malformed('has a port that is not from 1 to 65535');
  return { host: ip ?? (name === '' ? null : name), port: port === undefined ? null : number };
}

/** A host name or an address alone, an IPv6 address also in brackets; null: a port or something else stands in it. */
export function parseHost(text: string): string | null {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  return /[\s/@?#[\]\p{Cc}]/u.test(bare) || /^[^:]*:\d+$/.test(bare) ? null : bare;
}

/** One `name=value` of a query, decoded. */
export interface Parameter {
  readonly name: string;
  readonly value: string;
  /** Counted from 1, to speak of it without showing it. */
  readonly position: number;
}

/** Reads `name=value&…`. Whatever is wrong with one of them is added to the problems. */
export function readParameters(query: string, problems: string[]): Parameter[] {
  const parameters: Parameter[] = [];
  const seen = new Set<string>();
  for (const [index, pair] of query === '' ? [] : query.split('&').entries()) {
    const position = index + 1;
    const [name, written] = splitAt(pair, '=');
    if (written === undefined || name === '') problems.push(`has no name=value as parameter ${position}`);
    else if (seen.has(name)) problems.push(`gives parameter ${position} a second time`);
    else {
      seen.add(name);
      try {
        parameters.push({ name, value: decodeURIComponent(written.replaceAll('+', ' ')), position });
      } catch {
        problems.push(`has a percent sign that does not begin a character in parameter ${position}`);
      }
    }
  }
  return parameters;
}
