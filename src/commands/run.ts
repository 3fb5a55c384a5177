import { existsSync } from 'node:fs';
import { cwd } from 'node:process';
import { ConfigError } from '../config/config-error.ts';
import { type Arguments, DEFAULT_CONFIG, parseCommandLine, UsageError } from './arguments.ts';
import type { Command, ExitStatus } from './command.ts';
import type { CommandName } from './command-list.ts';
import { StartError } from './start-error.ts';
import { createTerminal, type ProcessLike, type Terminal } from './terminal.ts';
import { versionText } from './version.ts';

/** Where the Debian package has it. */
const INSTALLED_CONFIG = '/etc/query-exporter/config.yml';

/** Each loads what it alone needs. */
const COMMANDS: Readonly<Record<CommandName, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serve,
  check: async () => (await import('./check.ts')).check,
  test: async () => (await import('./test.ts')).testQueries,
  schema: async () => (await import('./print-schema.ts')).printSchema,
  packs: async () => (await import('./packs.ts')).packs,
  convert: async () => (await import('./convert.ts')).convert,
  demo: async () => (await import('./demo.ts')).demo,
  health: async () => (await import('./health.ts')).health,
  completion: async () => (await import('./completion.ts')).completion,
  help: async () => (await import('./help.ts')).help,
};

/** Runs one command line to its end. Resolves when everything printed has left the process. */
export async function run(argv: readonly string[], process: ProcessLike): Promise<ExitStatus> {
  const terminal = createTerminal(process);
  const status = await runCommand(argv, terminal);
  await terminal.flush();
  return status;
}

async function runCommand(argv: readonly string[], terminal: Terminal): Promise<ExitStatus> {
  let args: Arguments | null = null;
  try {
    args = parseCommandLine(argv);
    if (args.help) {
      const { helpOf, overview } = await import('./help.ts');
      // Without a command the whole program is asked about.
      terminal.print(argv[0] === args.command ? helpOf(args.command) : overview());
      return 0;
    }
    if (args.version) {
      terminal.print(versionText());
      return 0;
    }
    const command = await COMMANDS[args.command]();
    return await command(args, terminal);
  } catch (error) {
    const advice =
      error instanceof ConfigError && args !== null ? (adviceToBegin(args) ?? (await adviceForPeers(args))) : null;
    if (advice === null) return explain(error, terminal);
    terminal.complain(advice);
    return 1;
  }
}

/** Whoever named no file, where there is none, has most likely not begun yet. */
function adviceToBegin({ configPaths: [path = '', ...others] }: Arguments): string | null {
  if (path !== DEFAULT_CONFIG || others.length > 0 || existsSync(path)) return null;
  const beginning = 'write one (README.md shows how), name one with --config, or see it work: query-exporter demo';
  const installed = existsSync(INSTALLED_CONFIG) ? `; the service reads ${INSTALLED_CONFIG}` : '';
  return `${path}: there is none in ${cwd()}: ${beginning}${installed}`;
}

/** The keys of another exporter are no mistakes of the kind that a list of them would help with. */
async function adviceForPeers({ command, configPaths }: Arguments): Promise<string | null> {
  if (command === 'convert') return null;
  const { peerAdvice } = await import('./convert/peer-advice.ts');
  return peerAdvice(configPaths);
}

/** What a user did wrong is said in one line each; anything else is our fault and keeps its stack. */
function explain(error: unknown, terminal: Terminal): ExitStatus {
  if (error instanceof UsageError) {
    terminal.complain(`query-exporter: ${error.message}\nTry 'query-exporter help'.`);
    return 2;
  }
  if (error instanceof ConfigError) {
    terminal.complain(error.problems.join('\n'));
    return 1;
  }
  if (error instanceof StartError) {
    terminal.complain(`query-exporter: ${error.message}`);
    return 1;
  }
  throw error;
}
