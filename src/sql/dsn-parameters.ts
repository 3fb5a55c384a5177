import type { ParsedDsn } from '../model/dsn.ts';

/** What is wrong with a DSN, in words that never quote it: any part of it may belong to a password. */
export class DsnProblem extends Error {
  override readonly name = 'DsnProblem';
}

type Parameters = Pick<ParsedDsn, 'connectTimeoutMs' | 'readTimeoutMs' | 'tls'>;

/** Parameters of go-sql-driver/mysql that can make no difference here. */
const IGNORED: ReadonlySet<string> = new Set([
  'allowNativePasswords',
  'charset',
  'checkConnLiveness',
  'clientFoundRows',
  'collation',
  'connectionAttributes',
  'interpolateParams',
  'loc',
  'maxAllowedPacket',
  'parseTime',
  'rejectReadOnly',
  'timeTruncate',
  'tinyInt1IsBool',
  'writeTimeout',
]);

/** Parameters that would make a difference, and why it is not made. */
const REFUSED_WHEN_TRUE: Readonly<Record<string, string>> = {
  allowAllFiles: 'files are never sent to a server',
  allowCleartextPasswords: 'passwords are never sent in clear text',
  allowFallbackToPlaintext: 'a connection that asks for TLS is never made without',
  allowOldPasswords: 'the passwords of MySQL before 4.1 are not supported',
  columnsWithAlias: 'columns have the names that the server gives them',
  compress: 'compression is not supported',
  multiStatements: 'a query is one statement',
};

const ACTING = ['timeout', 'readTimeout', 'tls'] as const;
type Acting = (typeof ACTING)[number];

const DAY_MS = 86_400_000;

/** Reads `name=value&…`. Throws a `DsnProblem`. */
export function parseParameters(query: string): Parameters {
  const seen = new Set<string>();
  let parameters: Parameters = { connectTimeoutMs: null, readTimeoutMs: null, tls: null };
  for (const [index, pair] of query === '' ? [] : query.split('&').entries()) {
    const { name, value } = splitPair(pair, index + 1);
    if (seen.has(name)) throw new DsnProblem(`gives parameter ${index + 1} a second time`);
    seen.add(name);
    if (isActing(name)) parameters = { ...parameters, ...READ[name](value) };
    else checkInert(name, value, index + 1);
  }
  return parameters;
}

const READ: Readonly<Record<Acting, (value: string) => Partial<Parameters>>> = {
  timeout: (value) => ({ connectTimeoutMs: parseLimit('timeout', value) }),
  readTimeout: (value) => ({ readTimeoutMs: parseLimit('readTimeout', value) }),
  tls: (value) => ({ tls: parseTls(value) }),
};

function isActing(name: string): name is Acting {
  return ACTING.some((acting) => acting === name);
}

function splitPair(pair: string, position: number): { readonly name: string; readonly value: string } {
  const equals = pair.indexOf('=');
  if (equals < 1) throw new DsnProblem(`has no name=value as parameter ${position}`);
  try {
    const value = decodeURIComponent(pair.slice(equals + 1).replaceAll('+', ' '));
    return { name: pair.slice(0, equals), value };
  } catch {
    throw new DsnProblem(`has a percent sign that does not begin a character in parameter ${position}`);
  }
}

function checkInert(name: string, value: string, position: number): void {
  if (IGNORED.has(name)) return;
  if (name === 'serverPubKey') throw new DsnProblem('has serverPubKey: keys cannot be registered here; use tls');
  const why = Object.hasOwn(REFUSED_WHEN_TRUE, name) ? REFUSED_WHEN_TRUE[name] : undefined;
  if (why === undefined) {
    throw new DsnProblem(
      `has an unknown parameter in position ${position}; ${ACTING.join(', ')} are known,` +
        ' and system variables are set with init_sql',
    );
  }
  const isOn = parseGoBoolean(value);
  if (isOn === null) throw new DsnProblem(`has ${name} with a value that is not true or false`);
  if (isOn) throw new DsnProblem(`has ${name}, which is not available: ${why}`);
}

function parseTls(value: string): ParsedDsn['tls'] {
  const isOn = parseGoBoolean(value);
  if (isOn !== null) return isOn ? 'verify' : 'off';
  switch (value.toLowerCase()) {
    case 'skip-verify':
      return 'skip-verify';
    case 'preferred':
      throw new DsnProblem('has tls=preferred, which may end in plain text: use true, skip-verify or false');
    default:
      throw new DsnProblem(
        'has a value of tls that is not true, skip-verify or false; certificates are set under "tls:"',
      );
  }
}

/** The words of Go's driver. */
function parseGoBoolean(value: string): boolean | null {
  if (['1', 'true', 'TRUE', 'True'].includes(value)) return true;
  return ['0', 'false', 'FALSE', 'False'].includes(value) ? false : null;
}

/** A duration as Go writes it, up to a day; 0 says nothing. */
function parseLimit(name: string, value: string): number | null {
  const ms = parseGoDuration(value);
  if (ms === null) throw new DsnProblem(`has a ${name} that is not a Go duration such as 5s, 500ms or 1m30s`);
  if (ms > DAY_MS) throw new DsnProblem(`has a ${name} of more than a day`);
  return ms === 0 ? null : Math.max(1, Math.round(ms));
}

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  // Two letters of Unicode look like this, and Go takes both.
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

function parseGoDuration(text: string): number | null {
  if (text === '0') return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return null;
  const terms = text.matchAll(/([\d.]+)(\D+)/g);
  return [...terms].reduce((sum, [, number, unit]) => sum + Number(number) * (MS_PER_UNIT[unit ?? ''] ?? 0), 0);
}
