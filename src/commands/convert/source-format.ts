import type { Mapping } from '../../config/tree.ts';
import type { Draft } from './draft.ts';
import type { Report } from './report.ts';

/** One file of the source that was read, or a part of one. */
export interface Source {
  /** As given on the command line, or as the file that names it does, relative to the first. */
  readonly name: string;
  readonly root: Mapping;
}

/** What a format may use beyond the text that it converts. */
export interface Conversion {
  readonly report: Report;
  /** `--interval`; null: none was given. */
  readonly intervalMs: number | null;
  /** The absolute path of the first file, beside which the output is meant to stand. */
  readonly first: string;
  /** Reads a file that a source names, by its absolute path; or says why it cannot be read. */
  readonly read: (path: string, tags: readonly string[]) => Mapping | { readonly problem: string };
}

/** A peer's configuration. */
export interface Format {
  /** The word of the command line. */
  readonly name: string;
  /** What a person calls it. */
  readonly title: string;
  /** Tags of YAML that it knows. */
  readonly tags: readonly string[];
  /** Whether a file looks like one of this format. */
  readonly recognises: (root: Mapping) => boolean;
  /** The sources have been recognised. Everything that is left out or differs is said to the report. */
  readonly convert: (sources: readonly Source[], conversion: Conversion) => Draft;
}
