import type { LineCounter } from 'yaml';

/** One configuration file that was read. */
export interface SourceFile {
  /** As given on the command line, for messages. */
  readonly name: string;
  readonly absolutePath: string;
  /** Its rank among the files of one configuration. */
  readonly order: number;
  /** Permission bits. */
  readonly mode: number;
  readonly lines: LineCounter;
}

/** A position in a file; offset null: the file as a whole. */
export interface Place {
  readonly file: SourceFile;
  readonly offset: number | null;
}

/** `config.yml:7:12`; line and column count from 1. */
export function formatPlace({ file, offset }: Place): string {
  if (offset === null) return file.name;
  const { line, col } = file.lines.linePos(offset);
  // A file without any text has no lines to look up.
  return `${file.name}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
}

/** Order of files, then of positions in them. */
export function comparePlaces(a: Place, b: Place): number {
  return a.file.order - b.file.order || (a.offset ?? -1) - (b.offset ?? -1);
}
