import { meantOf } from '../config/suggestion.ts';
import { quote } from '../language/quote.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { COMMAND_NAMES, type CommandName, describeCommand, isCommandName } from './command-list.ts';
import { FORMATS } from './convert/formats.ts';
import { describeFlag, optionsOf } from './options.ts';

export const EXIT_STATUS = '0 done, 1 wrong configuration or a failed check, 2 wrong usage.';

/** Explains the command that is named, or the program. */
export const help: Command = async ({ operands: [name] }, terminal) => {
  if (name !== undefined && !isCommandName(name)) {
    throw new UsageError(`help: unknown command ${quote(name)}${meantOf(name, COMMAND_NAMES)}`);
  }
  terminal.print(name === undefined ? overview() : helpOf(name));
  return 0;
};

/** All commands, and the options of the one that runs where none is named. */
export function overview(): string {
  const commands = COMMAND_NAMES.map((name) => [synopsisOf(name), describeCommand(name).text] as const);
  return `query-exporter: polls databases in the background and serves the results to Prometheus.

Usage: query-exporter [COMMAND] [options]

Commands:
${columns(commands)}

Options of serve:
${optionLines('serve')}

Options and an example of another command: query-exporter help COMMAND
To begin: query-exporter demo
More: man query-exporter, and docs/README.md of the package

Exit status: ${EXIT_STATUS}
`;
}

export function helpOf(name: CommandName): string {
  const { text, example } = describeCommand(name);
  const formats = name === 'convert' ? `\nFormats: ${FORMATS.map((format) => format.name).join(', ')}.\n` : '';
  return `query-exporter ${name}: ${text}

Usage: query-exporter ${synopsisOf(name)} [options]

Options:
${optionLines(name)}
${formats}
Example:
  ${example}

Exit status: ${EXIT_STATUS}
`;
}

function synopsisOf(name: CommandName): string {
  return `${name} ${describeCommand(name).operands}`.trimEnd();
}

function optionLines(command: CommandName): string {
  return columns(optionsOf(command).map((option) => [describeFlag(option), option[1].text]));
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = rows.reduce((most, [left]) => Math.max(most, left.length), 0);
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
