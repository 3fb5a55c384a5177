import { type ParseArgsConfig, parseArgs } from 'node:util';
import { parseDuration } from '../language/duration.ts';
import { LOG_LEVELS, type LogLevel } from '../logger.ts';
import { type Listen, parseListenAddress } from '../web/listen-address.ts';

export const COMMAND_NAMES = ['serve', 'check', 'test', 'schema', 'packs', 'convert', 'demo'] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

/** A checked command line. */
export interface Arguments {
  readonly command: CommandName;
  /** What stands after the command: the queries of `test`, the files of `convert`, the pack of `packs`. */
  readonly operands: readonly string[];
  readonly configPaths: readonly string[];
  /** Null: not given, so that sockets handed over by systemd win over the default. */
  readonly listen: Listen | null;
  readonly telemetryPath: string;
  readonly webConfigFile: string | null;
  readonly enableLifecycle: boolean;
  readonly trustLoopback: boolean;
  readonly processMetrics: boolean;
  readonly stateDirectory: string | null;
  readonly logLevel: LogLevel;
  /** Null: text, or the journal's form where standard error goes to the journal. */
  readonly logFormat: (typeof LOG_FORMATS)[number] | null;
  readonly target: string | null;
  readonly once: boolean;
  readonly withoutSecrets: boolean;
  /** Of queries to convert that have none; null: none was given. */
  readonly intervalMs: number | null;
  readonly connect: boolean;
  /** The target whose names a pack is compared with. */
  readonly missing: string | null;
  readonly version: boolean;
  readonly help: boolean;
}

/** A command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const OPTIONS = {
  config: { type: 'string', multiple: true },
  bind: { type: 'string' },
  'web.listen-address': { type: 'string' },
  'web.telemetry-path': { type: 'string' },
  'web.config.file': { type: 'string' },
  'web.enable-lifecycle': { type: 'boolean' },
  'web.trust-loopback': { type: 'boolean' },
  'web.disable-exporter-metrics': { type: 'boolean' },
  'state-dir': { type: 'string' },
  'log.level': { type: 'string' },
  'log.format': { type: 'string' },
  target: { type: 'string' },
  once: { type: 'boolean' },
  'without-secrets': { type: 'boolean' },
  interval: { type: 'string' },
  connect: { type: 'boolean' },
  missing: { type: 'string' },
  version: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

const LOG_FORMATS = ['text', 'json'] as const;

/** Options that only one command takes. */
const OPTION_OWNERS: Readonly<Record<string, CommandName>> = {
  target: 'test',
  once: 'demo',
  connect: 'check',
  'without-secrets': 'check',
  interval: 'convert',
  missing: 'packs',
};

/** How many operands a command takes; of others none. */
const MOST_OPERANDS: Readonly<Partial<Record<CommandName, number>>> = {
  test: Number.POSITIVE_INFINITY,
  convert: Number.POSITIVE_INFINITY,
  packs: 1,
};

export function parseCommandLine(argv: readonly string[]): Arguments {
  const { values, positionals } = parse(argv);
  const [first = 'serve', ...operands] = positionals;
  const command = COMMAND_NAMES.find((name) => name === first);
  if (command === undefined) {
    throw new UsageError(`unknown command "${first}", expected one of ${COMMAND_NAMES.join(', ')}`);
  }
  const most = MOST_OPERANDS[command] ?? 0;
  if (operands.length > most) {
    throw new UsageError(`"${command}" takes ${most === 0 ? 'no' : most} operand, got "${operands.join(' ')}"`);
  }
  for (const [option, owner] of Object.entries(OPTION_OWNERS)) {
    if (option in values && command !== owner) throw new UsageError(`--${option} belongs to the command "${owner}"`);
  }
  return {
    command,
    operands,
    configPaths: values.config ?? ['config.yml'],
    listen: listenAddress(values.bind, values['web.listen-address']),
    telemetryPath: telemetryPath(values['web.telemetry-path'] ?? '/metrics'),
    webConfigFile: values['web.config.file'] ?? null,
    enableLifecycle: values['web.enable-lifecycle'] ?? false,
    trustLoopback: values['web.trust-loopback'] ?? false,
    processMetrics: !(values['web.disable-exporter-metrics'] ?? false),
    stateDirectory: values['state-dir'] ?? null,
    logLevel: oneOf('log.level', LOG_LEVELS, values['log.level'] ?? 'info'),
    logFormat: values['log.format'] === undefined ? null : oneOf('log.format', LOG_FORMATS, values['log.format']),
    target: values.target ?? null,
    once: values.once ?? false,
    withoutSecrets: values['without-secrets'] ?? false,
    intervalMs: values.interval === undefined ? null : interval(values.interval),
    connect: values.connect ?? false,
    missing: values.missing ?? null,
    version: values.version ?? false,
    help: values.help ?? false,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    // Node adds advice about positional arguments that does not fit here.
    throw new UsageError((error as Error).message.split('. ')[0] ?? 'wrong usage');
  }
}

function listenAddress(bind: string | undefined, alias: string | undefined): Listen | null {
  if (bind !== undefined && alias !== undefined) {
    throw new UsageError('--bind and --web.listen-address are the same option: give one of them');
  }
  const text = bind ?? alias;
  if (text === undefined) return null;
  const listen = parseListenAddress(text);
  if ('problem' in listen)
    throw new UsageError(`--${bind === undefined ? 'web.listen-address' : 'bind'}: ${listen.problem}`);
  return listen;
}

/** Paths that the exporter answers itself. */
const TAKEN_PATHS = [
  ...['/', '/task', '/config', '/docs/troubleshooting', '/api/v1/status', '/api/v1/task', '/api/v1/sd'],
  ...['/-/healthy', '/-/ready', '/-/reload', '/-/run'],
];

function telemetryPath(path: string): string {
  if (!/^\/[\w.~/-]+$/.test(path) || path.includes('//') || TAKEN_PATHS.includes(path)) {
    throw new UsageError(`--web.telemetry-path: expected a free path such as "/metrics", got "${path}"`);
  }
  return path;
}

function interval(text: string): number {
  const ms = parseDuration(text);
  if (!ms) throw new UsageError(`--interval: expected a duration such as "60s", got "${text}"`);
  return ms;
}

function oneOf<Word extends string>(option: string, words: readonly Word[], text: string): Word {
  const word = words.find((candidate) => candidate === text);
  if (word === undefined) throw new UsageError(`--${option}: expected one of ${words.join(', ')}, got "${text}"`);
  return word;
}
