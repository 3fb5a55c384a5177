import { LOG_LEVELS } from '../logger.ts';
import type { CommandName } from './command-list.ts';

/** One option of the command line: what is parsed, said in help and manual, and completed by the shell. */
interface Option {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly short?: string;
  /** Stands for its value in help; absent: it takes none. */
  readonly value?: string;
  readonly text: string;
  /** The commands that take it. */
  readonly commands: readonly CommandName[];
  /** What a shell offers for its value; absent: nothing. */
  readonly completes?: 'files' | 'folders' | readonly string[];
}

export const LOG_FORMATS = ['text', 'json'] as const;

const EVERY_COMMAND = [
  'serve',
  'check',
  'test',
  'schema',
  'packs',
  'convert',
  'demo',
  'health',
  'completion',
  'help',
] as const satisfies readonly CommandName[];

const READS_CONFIG = ['serve', 'check', 'test', 'packs'] as const;
const HAS_ADDRESS = ['serve', 'demo', 'health'] as const;

/** Every option, in the order of help. */
export const OPTIONS = {
  config: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    text: 'configuration file, folder or - (standard input); repeatable (default config.yml)',
    commands: READS_CONFIG,
    completes: 'files',
  },
  bind: {
    type: 'string',
    value: 'HOST:PORT',
    text: 'where the exporter listens (default 0.0.0.0:9104; port 0 takes a free one)',
    commands: HAS_ADDRESS,
  },
  'web.listen-address': {
    type: 'string',
    value: 'HOST:PORT',
    text: 'the same as --bind',
    commands: HAS_ADDRESS,
  },
  'web.telemetry-path': {
    type: 'string',
    value: 'PATH',
    text: 'path of the metrics (default /metrics)',
    commands: ['serve'],
  },
  'web.config.file': {
    type: 'string',
    value: 'FILE',
    text: "TLS and basic authentication, in exporter-toolkit's format",
    commands: ['serve'],
    completes: 'files',
  },
  'web.enable-lifecycle': {
    type: 'boolean',
    text: 'allow POST /-/reload and POST /-/run',
    commands: ['serve'],
  },
  'web.trust-loopback': {
    type: 'boolean',
    text: 'trust whoever asks over the loopback interface; not behind a proxy',
    commands: ['serve'],
  },
  'web.disable-exporter-metrics': {
    type: 'boolean',
    text: "leave out the metrics of the exporter's own process",
    commands: ['serve'],
  },
  'state-dir': {
    type: 'string',
    value: 'DIR',
    text: 'keep results over restarts (default $STATE_DIRECTORY; none: do not)',
    commands: ['serve'],
    completes: 'folders',
  },
  'log.level': {
    type: 'string',
    value: 'LEVEL',
    text: 'error, warn, info or debug (default info)',
    commands: ['serve', 'demo'],
    completes: LOG_LEVELS,
  },
  'log.format': {
    type: 'string',
    value: 'FORMAT',
    text: 'text or json (default text)',
    commands: ['serve'],
    completes: LOG_FORMATS,
  },
  target: {
    type: 'string',
    value: 'NAME',
    text: 'only on this target',
    commands: ['test'],
  },
  strict: {
    type: 'boolean',
    text: 'exit status 1 also where samples were rejected',
    commands: ['test'],
  },
  explain: {
    type: 'boolean',
    text: 'show the statement, what becomes of each column, and the first rows',
    commands: ['test'],
  },
  'without-secrets': {
    type: 'boolean',
    text: 'files and variables of secrets may be missing',
    commands: ['check'],
  },
  connect: {
    type: 'boolean',
    text: 'connect to each target, once, and print what is there',
    commands: ['check'],
  },
  verbose: {
    type: 'boolean',
    text: 'print each query once for each of its targets, with its next runs',
    commands: ['check'],
  },
  missing: {
    type: 'string',
    value: 'TARGET',
    text: 'with NAME: only what this target has and the pack does not name',
    commands: ['packs'],
  },
  interval: {
    type: 'string',
    value: 'DURATION',
    text: 'of queries that have none (default 15s)',
    commands: ['convert'],
  },
  once: {
    type: 'boolean',
    text: 'print the metrics once and end',
    commands: ['demo'],
  },
  fleet: {
    type: 'boolean',
    text: 'two exporters that share two databases; needs redis-server or valkey-server',
    commands: ['demo'],
  },
  version: { type: 'boolean', short: 'v', text: 'print the version', commands: EVERY_COMMAND },
  help: { type: 'boolean', short: 'h', text: 'explain the command', commands: EVERY_COMMAND },
} as const satisfies Readonly<Record<string, Option>>;

/** The options with their names, in the order of help; of one command, or all. */
export function optionsOf(command: CommandName | null): readonly (readonly [string, Option])[] {
  const all: readonly (readonly [string, Option])[] = Object.entries(OPTIONS);
  return command === null ? all : all.filter(([, { commands }]) => commands.includes(command));
}

/** `--config FILE`, `--help, -h`. */
export function describeFlag([name, { short, value }]: readonly [string, Option]): string {
  return [`--${name}`, short === undefined ? '' : `, -${short}`, value === undefined ? '' : ` ${value}`].join('');
}
