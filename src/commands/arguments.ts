import { parseArgs } from 'node:util';
import { didYouMean, meantOf, Suggestions } from '../config/suggestion.ts';
import { parseDuration } from '../language/duration.ts';
import { quote } from '../language/quote.ts';
import { LOG_LEVELS, type LogLevel } from '../logger.ts';
import { type Listen, parseListenAddress } from '../web/listen-address.ts';
import { COMMAND_NAMES, type CommandName, describeCommand, isCommandName } from './command-list.ts';
import { LOG_FORMATS, OPTIONS, optionsOf } from './options.ts';

export const DEFAULT_CONFIG = 'config.yml';

/** A checked command line. */
export interface Arguments {
  readonly command: CommandName;
  /** What stands after the command: the queries of `test`, the files of `convert`, the pack of `packs`, … */
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
  /** Whether rejected samples fail a test. */
  readonly strict: boolean;
  readonly explain: boolean;
  readonly verbose: boolean;
  readonly once: boolean;
  readonly fleet: boolean;
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

export function parseCommandLine(argv: readonly string[]): Arguments {
  const { values, positionals } = parse(argv);
  const [first = 'serve', ...operands] = positionals;
  if (!isCommandName(first)) {
    throw new UsageError(`unknown command ${quote(first)}${meantOf(first, COMMAND_NAMES)}`);
  }
  const command = first;
  for (const [option, { commands }] of optionsOf(null)) {
    if (option in values && !commands.includes(command))
      throw new UsageError(describeForeign(option, commands, command));
  }
  // Who asks for help need not know yet what the command takes.
  const { mostOperands } = describeCommand(command);
  if (operands.length > mostOperands && values.help !== true) {
    const takes = mostOperands === 0 ? 'no operand' : 'one operand';
    throw new UsageError(`"${command}" takes ${takes}, got ${quote(operands.join(' '))}`);
  }
  return {
    command,
    operands,
    configPaths: values.config ?? [DEFAULT_CONFIG],
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
    strict: values.strict ?? false,
    explain: values.explain ?? false,
    verbose: values.verbose ?? false,
    once: values.once ?? false,
    fleet: values.fleet ?? false,
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
    const [problem = 'wrong usage'] = (error as Error).message.split('. ');
    const [, option] = /^Unknown option '(--?[^']+)'/.exec(problem) ?? [];
    throw new UsageError(option === undefined ? problem : `unknown option ${quote(option)}${meantOption(option)}`);
  }
}

function describeForeign(option: string, owners: readonly CommandName[], command: CommandName): string {
  return `"${command}" takes no --${option}, which belongs to ${owners.map((owner) => `"${owner}"`).join(', ')}`;
}

function meantOption(option: string): string {
  const known = optionsOf(null).map(([name]) => `--${name}`);
  return didYouMean(new Suggestions().nearest(option, known));
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
