import { dirname, join, relative, resolve } from 'node:path';
import { readConfigFile } from '../../config/config-file.ts';
import { Findings } from '../../config/findings.ts';
import { readSources } from './read-sources.ts';
import { Report } from './report.ts';
import { settle } from './settle.ts';
import type { Conversion, Format } from './source-format.ts';
import { writeDraft } from './write-draft.ts';

export interface Converted {
  /** Our configuration; null: nothing could be converted. */
  readonly yaml: string | null;
  /** What a person must know, each with its place. */
  readonly lines: readonly string[];
  /** Whether nothing was left out. */
  readonly complete: boolean;
}

/** Makes our configuration from a peer's files. Throws a `ConfigError` of one line for what cannot be read at all. */
export function convertFiles(format: Format, names: readonly string[], intervalMs: number | null): Converted {
  const report = new Report();
  const sources = readSources(names, format, report);
  const [first] = sources;
  if (first === undefined) throw new Error('no file was named');
  const absolute = resolve(names[0] ?? '');
  const draft = format.convert(sources, { report, intervalMs, first: absolute, read: readerBeside(names) });
  settle(draft, { file: first.root.place.file, offset: null }, intervalMs, report);
  const isEmpty = draft.queries.size === 0 || draft.targets.size === 0;
  draft.notes.unshift(`Made from ${format.title}. "query-exporter test" runs every query once.`);
  const lines = report.toLines();
  if (!isEmpty) return { yaml: writeDraft(draft), lines, complete: report.complete };
  return { yaml: null, lines: [...lines, `${names[0]}: nothing is left to convert`], complete: false };
}

/** Reads files that sources name, and calls them as the user calls the source. */
function readerBeside(names: readonly string[]): Conversion['read'] {
  const [first = ''] = names;
  let order = names.length;
  return (path, tags) => {
    const problems = new Findings();
    const beside = relative(dirname(resolve(first)), path);
    const name = beside.startsWith('..') ? path : join(dirname(first), beside);
    const root = readConfigFile(name, order++, problems, { tags, outdentedQuotes: true });
    return root ?? { problem: problems.toLines()[0] ?? '' };
  };
}
