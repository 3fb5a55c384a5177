import type { Writable } from 'node:stream';

/** The part of the process that a command may use. */
export interface ProcessLike {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Where a command prints, and what it was started with. */
export interface Terminal {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The command's answer, to standard output, with a newline at its end. */
  print(text: string): void;
  /** What is wrong, to standard error, with a newline at its end. */
  complain(text: string): void;
  /** Resolves when everything printed has left the process, or can no longer leave it. */
  flush(): Promise<void>;
}

export function createTerminal({ stdout, stderr, env }: ProcessLike): Terminal {
  // `query-exporter check | head -1` closes its end of the pipe: not a fault, and nobody is left to be told.
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  const line = (text: string) => (text.endsWith('\n') ? text : `${text}\n`);
  return {
    stdout,
    stderr,
    env,
    print: (text) => void stdout.write(line(text)),
    complain: (text) => void stderr.write(line(text)),
    flush: async () => {
      await Promise.all([written(stdout), written(stderr)]);
    },
  };
}

function written(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (!stream.writable) return resolve();
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}
