/** What is said about a command in help, manual and completion. */
interface CommandText {
  /** What stands after its name. */
  readonly operands: string;
  readonly mostOperands: number;
  readonly text: string;
  /** A command line that runs. */
  readonly example: string;
}

/** Every command, in the order of help. */
export const COMMAND_LIST = {
  serve: {
    operands: '',
    mostOperands: 0,
    text: 'run the exporter; so does no command at all',
    example: 'query-exporter serve --config config.yml --state-dir /var/lib/query-exporter',
  },
  check: {
    operands: '',
    mostOperands: 0,
    text: 'validate the configuration and print what would run, and when',
    example: 'query-exporter check --config config.yml',
  },
  test: {
    operands: '[QUERY...]',
    mostOperands: Number.POSITIVE_INFINITY,
    text: 'run queries once and print the metrics that they would give',
    example: 'query-exporter test orders --target prod01',
  },
  schema: {
    operands: '',
    mostOperands: 0,
    text: 'print the JSON Schema of the configuration, for editors',
    example: 'query-exporter schema > config.schema.json',
  },
  packs: {
    operands: '[NAME]',
    mostOperands: 1,
    text: 'list the packs of ready-made queries, or print one',
    example: 'query-exporter packs',
  },
  convert: {
    operands: 'FORMAT FILE...',
    mostOperands: Number.POSITIVE_INFINITY,
    text: 'print a configuration made from that of another exporter',
    example: 'query-exporter convert percona queries.yml > config.yml',
  },
  demo: {
    operands: '',
    mostOperands: 0,
    text: 'run on an embedded database, with nothing installed',
    example: 'query-exporter demo',
  },
  health: {
    operands: '[SOCKET]',
    mostOperands: 1,
    text: 'ask the exporter that runs on this machine whether it answers',
    example: 'query-exporter health --bind :9104',
  },
  completion: {
    operands: 'bash',
    mostOperands: 1,
    text: 'print the completion for a shell',
    example: 'source <(query-exporter completion bash)',
  },
  help: {
    operands: '[COMMAND]',
    mostOperands: 1,
    text: 'explain a command',
    example: 'query-exporter help test',
  },
} as const satisfies Readonly<Record<string, CommandText>>;

export type CommandName = keyof typeof COMMAND_LIST;
export const COMMAND_NAMES = Object.keys(COMMAND_LIST) as readonly CommandName[];

export function describeCommand(name: CommandName): CommandText {
  return COMMAND_LIST[name];
}

export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(COMMAND_LIST, word);
}
