import type { Arguments } from './arguments.ts';
import type { Terminal } from './terminal.ts';

/** 0: done; 1: wrong configuration or a failed check; 2: wrong usage. */
export type ExitStatus = 0 | 1 | 2;

export type Command = (args: Arguments, terminal: Terminal) => Promise<ExitStatus>;
