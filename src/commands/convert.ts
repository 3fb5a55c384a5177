import { meantOf } from '../config/suggestion.ts';
import { quote } from '../language/quote.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { convertFiles } from './convert/convert-files.ts';
import { FORMATS } from './convert/formats.ts';

/** Prints our configuration made from a peer's; what a person must know beyond it goes to standard error. */
export const convert: Command = async ({ operands, intervalMs }, terminal) => {
  const [name = '', ...files] = operands;
  const format = FORMATS.find((candidate) => candidate.name === name);
  if (format === undefined) {
    const known = FORMATS.map((one) => one.name);
    if (name === '') throw new UsageError(`convert: expected a format, one of ${known.join(', ')}, and files`);
    throw new UsageError(`convert: no format is called ${quote(name)}${meantOf(name, known)}`);
  }
  if (files.length === 0) throw new UsageError(`convert ${name}: expected files, or "-" for standard input`);
  const { yaml, lines, complete } = convertFiles(format, files, intervalMs);
  if (yaml !== null) terminal.print(yaml);
  if (lines.length > 0) terminal.complain(lines.join('\n'));
  return complete ? 0 : 1;
};
