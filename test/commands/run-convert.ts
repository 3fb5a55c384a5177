import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { parseCommandLine } from '../../src/commands/arguments.ts';
import { convert } from '../../src/commands/convert.ts';
import { createTerminal } from '../../src/commands/terminal.ts';
import { ConfigError } from '../../src/config/config-error.ts';

export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as a user does. Problems that end it are lines of standard error, as in the program. */
export async function runConvert(folder: string, argv: readonly string[]): Promise<Answer> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const terminal = createTerminal({ stdout, stderr, env: {} });
  let status = 1;
  try {
    status = await convert(parseCommandLine(['convert', ...argv]), terminal);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    terminal.complain(error.problems.join('\n'));
  }
  stdout.end();
  stderr.end();
  const [printed, complaints] = await Promise.all([text(stdout), text(stderr)]);
  return { status, stdout: printed, stderr: complaints.replaceAll(`${folder}/`, '') };
}
