import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { run } from '../../src/commands/run.ts';

/** What a command printed, and its exit status. */
export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command line to its end, without a process of its own: most of the time of such a short one is spent on loading
 * modules. What only a process shows (its environment, its descriptors, signals) is tested on one.
 */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Answer> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const printed = Promise.all([text(stdout), text(stderr)]);
  const status = await run(args, { stdout, stderr, env });
  stdout.end();
  stderr.end();
  const [answer, complaints] = await printed;
  return { status, stdout: answer, stderr: complaints };
}
