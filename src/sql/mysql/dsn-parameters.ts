import { parseGoDuration } from '../../language/duration.ts';
import { Malformed } from '../../language/malformed.ts';
import { type Parameter, readParameters } from '../../language/url.ts';
import type { GivenTls } from '../given-connection.ts';

/** What the parameters of a DSN say; null where they say nothing. */
export interface GoParameters {
  readonly connectTimeoutMs: number | null;
  readonly readTimeoutMs: number | null;
  readonly tls: GivenTls['mode'];
}

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

/** Reads `name=value&…` as go-sql-driver/mysql does. Throws a `Malformed` with everything that is wrong. */
export function readGoParameters(query: string): GoParameters {
  const problems: string[] = [];
  let given: GoParameters = { connectTimeoutMs: null, readTimeoutMs: null, tls: null };
  for (const parameter of readParameters(query, problems)) {
    try {
      given = { ...given, ...readParameter(parameter) };
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      for (const problem of error.problems) problems.push(problem);
    }
  }
  if (problems.length > 0) throw new Malformed(problems);
  return given;
}

function readParameter({ name, value, position }: Parameter): Partial<GoParameters> {
  if (isActing(name)) return READ[name](value);
  checkInert(name, value, position);
  return {};
}

const READ: Readonly<Record<Acting, (value: string) => Partial<GoParameters>>> = {
  timeout: (value) => ({ connectTimeoutMs: parseLimit('timeout', value) }),
  readTimeout: (value) => ({ readTimeoutMs: parseLimit('readTimeout', value) }),
  tls: (value) => ({ tls: parseTls(value) }),
};

function isActing(name: string): name is Acting {
  return ACTING.some((acting) => acting === name);
}

function checkInert(name: string, value: string, position: number): void {
  if (IGNORED.has(name)) return;
  if (name === 'serverPubKey') throw new Malformed('has serverPubKey: keys cannot be registered here; use tls');
  const why = Object.hasOwn(REFUSED_WHEN_TRUE, name) ? REFUSED_WHEN_TRUE[name] : undefined;
  if (why === undefined) {
    throw new Malformed(
      `has an unknown parameter in position ${position}; ${ACTING.join(', ')} are known,` +
        ' and system variables are set with init_sql',
    );
  }
  const isOn = parseGoBoolean(value);
  if (isOn === null) throw new Malformed(`has ${name} with a value that is not true or false`);
  if (isOn) throw new Malformed(`has ${name}, which is not available: ${why}`);
}

function parseTls(value: string): GivenTls['mode'] {
  const isOn = parseGoBoolean(value);
  if (isOn !== null) return isOn ? 'verify' : 'off';
  switch (value.toLowerCase()) {
    case 'skip-verify':
      return 'skip-verify';
    case 'preferred':
      throw new Malformed('has tls=preferred, which may end in plain text: use true, skip-verify or false');
    default:
      throw new Malformed(
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
  if (ms === null) throw new Malformed(`has a ${name} that is not a Go duration such as 5s, 500ms or 1m30s`);
  if (ms > DAY_MS) throw new Malformed(`has a ${name} of more than a day`);
  return ms === 0 ? null : ms;
}
