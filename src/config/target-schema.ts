import { z } from 'zod';
import { KEY_WORDS } from '../language/key-words.ts';
import { type ConfigKey, type KeyFacts, key } from '../language/keys.ts';
import {
  anyOf,
  bool,
  choice,
  duration,
  durationOrOff,
  expected,
  fields,
  labelValue,
  list,
  mapping,
  name,
  nonEmptyText,
  text,
  wholeNumber,
} from '../language/values.ts';
import type { EngineName } from '../model/words.ts';
import { DSN_FORMS } from '../sql/dsn.ts';
import { ENGINES, findEngine } from '../sql/engines.ts';

// No key is required here: see `configSchema`. The descriptions are the reference's words.

const DAY_MS = 86_400_000;

/** How a target is reached. */
const TERMS: KeyFacts = { secrecy: 'shown', inSamples: false };
/** Which database it is. A password that slipped into the wrong place must not be shown. */
const PLACE: KeyFacts = { secrecy: 'hidden', inSamples: true };
/** In another mode of TLS, the key would be without effect. */
const NAMED: KeyFacts = { ...TERMS, modes: ['verify'] };
const CHECKED: KeyFacts = { ...TERMS, modes: ['verify', 'verify-ca'] };
const ENCRYPTED: KeyFacts = { ...TERMS, modes: ['verify', 'verify-ca', 'skip-verify'] };
const LABELS: KeyFacts = { secrecy: 'shown', inSamples: true };

const portOf = ENGINES.flatMap(({ name: word, defaultPort }) =>
  defaultPort === null ? [] : `${defaultPort} (${word})`,
);
const socketsByPort = ENGINES.filter(({ namesSocketByPort }) => namesSocketByPort).map(({ title }) => title);
const withFiles = ENGINES.filter(({ takes }) => !takes.includes('host')).map(({ name: word }) => word);
const withAliases = ENGINES.flatMap(({ name: word, aliases }, index) => [
  index === 0 ? `${word} (default)` : word,
  ...aliases.map((alias) => `${alias} (the same)`),
]);
const engineWords = ENGINES.flatMap(({ name: word, aliases }) => [word, ...aliases]);

function engine() {
  const words = anyOf(engineWords);
  return z
    .string(expected(words))
    .transform((value, context) => {
      const known = findEngine(value);
      if (known !== null) return known;
      context.addIssue({ code: 'custom', message: `expected ${words}` });
      return z.NEVER;
    })
    .meta({ enum: engineWords });
}

export const tls = fields({
  mode: key(
    choice(['verify', 'verify-ca', 'skip-verify', 'off']),
    TERMS,
    'verify (default): the certificate chain and the host name are checked. verify-ca: the chain alone. skip-verify: ' +
      'encrypted, but nobody is checked. off: not encrypted.',
    { default: 'verify' },
  ),
  ca_file: key(
    nonEmptyText('a path'),
    CHECKED,
    'PEM file of the authorities to trust. Default: those that Node.js trusts.',
  ),
  cert_file: key(nonEmptyText('a path'), ENCRYPTED, 'PEM file of the client certificate; with `key_file`.'),
  key_file: key(nonEmptyText('a path'), ENCRYPTED, 'PEM file of the key of the client certificate.'),
  server_name: key(nonEmptyText('a host name'), NAMED, 'The name that the certificate must carry. Default: the host.'),
});

/** What every engine, or more than one, takes. */
const common = {
  engine: key(engine(), LABELS, `${anyOf(withAliases)}. A \`dsn\` says it itself.`),
  dsn: key(
    nonEmptyText('a DSN'),
    { secrecy: 'masked', inSamples: true },
    `Where the database is, in one line: ${anyOf(DSN_FORMS.map((form) => `\`${form}\``))}. ` +
      'What it leaves open may be given beside it.',
    { examples: DSN_FORMS },
  ),
  host: key(nonEmptyText('a host name or address'), PLACE, 'Host name or address of the server.', {
    examples: ['127.0.0.1', 'db1.example.com'],
  }),
  port: key(wholeNumber(1, 65_535), LABELS, `Port of the server; with \`host\`. Default: ${portOf.join(', ')}.`),
  socket: key(
    nonEmptyText('a path'),
    PLACE,
    'Path of the unix socket of the server, instead of `host`.' +
      socketsByPort.map((title) => ` ${title}: also of the folder in which it lies, with \`port\`.`).join(''),
  ),
  user: key(nonEmptyText('a user name'), PLACE, 'User to log in as.', { examples: ['query_exporter'] }),
  password: key(
    text(),
    { secrecy: 'masked', inSamples: false },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the notation itself
    'Password of the user; "${NAME}" takes it from the environment. `password_file` is the better place.',
  ),
  password_file: key(
    nonEmptyText('a path'),
    { secrecy: 'hidden', inSamples: false },
    'File that holds the password, read at every new connection. A relative path is looked up in ' +
      '$CREDENTIALS_DIRECTORY, else beside the configuration file.',
    { examples: ['db_password'] },
  ),
  database: key(
    nonEmptyText('a database'),
    PLACE,
    `Database to use. With the engine ${anyOf(withFiles)}: the path of the file, relative to the configuration file, or :memory:.`,
  ),
  groups: key(
    list(name('a group name'), 'a list of group names'),
    TERMS,
    'Names under which queries select this target together with others.',
    { examples: [['prod']] },
  ),
  labels: key(
    mapping(labelValue(), 'a mapping of label names to values'),
    LABELS,
    'Labels with a fixed value on every sample of this target.',
    { examples: [{ region: 'eu' }] },
  ),
  max_connections: key(
    wholeNumber(1, 1_000),
    TERMS,
    'The most connections to this server at one time. Targets on one host and port share them, and the largest ' +
      'number counts. Default: 2.',
    { default: 2 },
  ),
  connect_timeout: key(
    duration({ maxMs: DAY_MS }),
    TERMS,
    'How long connecting and logging in may take. Default: 5s.',
    {
      default: '5s',
    },
  ),
  ping_interval: key(
    durationOrOff(),
    TERMS,
    'How often the target is asked whether it is up between slow queries; "off" for never. Default: 30s.',
    { default: '30s', examples: ['off'] },
  ),
  shared: key(
    bool(),
    TERMS,
    'With `fleet`: whether the exporters share this server, so that one of them asks it. Default: true, but false for ' +
      'sockets, files and loopback addresses, which on each host are others.',
  ),
  init_sql: key(
    list(nonEmptyText('a statement'), 'a list of statements'),
    PLACE,
    'Statements that run in the session before every run.',
    { examples: [["SET time_zone = '+00:00'"]] },
  ),
  tls: key(tls, TERMS, 'Encryption of the connection. Without it, and without tls in the DSN, there is none.'),
};

/** Of engines that are reached over the network: what says where the server is. One of them is needed. */
export const PLACES: readonly string[] = ['host', 'socket', 'dsn', ...ENGINES.flatMap(({ placeKeys }) => placeKeys)];

/** The keys that one engine alone takes, which it reads itself. */
export const OWN_KEYS: ReadonlyMap<EngineName, Readonly<Record<string, ConfigKey>>> = new Map(
  ENGINES.map((engine) => [engine.name, engine.keys(KEY_WORDS)]),
);

export const target = fields(
  { ...common, ...Object.assign({}, ...OWN_KEYS.values()) } as typeof common,
  `a target with ${anyOf(PLACES)}`,
);

export type TlsEntry = z.output<typeof tls>;
export type TargetEntry = z.output<typeof target>;
