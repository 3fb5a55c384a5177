import type { Mapping } from '../../config/tree.ts';
import { formatDuration } from '../../language/duration.ts';
import { addQuery, addTarget, type Draft, type DraftMetric, emptyDraft, type Notes, type QueryKeys } from './draft.ts';
import type { EngineWord } from './dsn-parts.ts';
import type { Conversion, Source } from './format.ts';
import { Section } from './section.ts';
import { certainlyLacks, readStatement } from './statement.ts';

// What Percona's mysqld_exporter and postgres_exporter share: a mapping of queries whose columns say what they are.

/** What one of the two exporters adds. */
export interface CustomQueries {
  readonly engine: EngineWord;
  /** Reads the keys beside `query` and `metrics`. */
  readonly readOptions: (query: Section) => QueryKeys;
  /** The interval of all queries of a file that have none; null: nothing says it. */
  readonly intervalOf: (source: Source) => number | null;
}

export function looksLikeCustomQueries(root: Mapping): boolean {
  const values = Array.from(root.entries.values(), ({ value }) => value);
  return values.some(
    (value) =>
      value.kind === 'mapping' &&
      value.entries.get('query')?.value.kind === 'scalar' &&
      ['metrics', 'metric'].some((key) => value.entries.get(key)?.value.kind === 'list'),
  );
}

/** The source names no database: its target is one that the user completes. */
export function convertCustomQueries(
  sources: readonly Source[],
  { report, intervalMs }: Conversion,
  rules: CustomQueries,
  target: string,
  dsn: string,
): Draft {
  const draft = emptyDraft();
  addTarget(draft, target, {
    notes: ['the source names no database: write yours here, and its password into the file'],
    keys: { dsn, password_file: 'db_password' },
    secret: null,
  });
  for (const source of sources) {
    const everyMs = intervalMs === null ? rules.intervalOf(source) : null;
    for (const [name, section] of new Section(source.root, [], report, draft.notes).children()) {
      convertQuery(draft, name, section, rules, everyMs);
    }
  }
  return draft;
}

function convertQuery(
  draft: Draft,
  name: string,
  section: Section,
  rules: CustomQueries,
  everyMs: number | null,
): void {
  const scalar = section.scalar('query');
  if (scalar === undefined) {
    section.loseAll('has no query', draft.notes);
    return;
  }
  const { notes } = section;
  const { sql, version, notes: said } = readStatement(scalar, rules.engine);
  for (const text of said) section.note('query', text);
  const prefix = section.text('name') ?? name;
  const options = rules.readOptions(section);
  const metrics = readColumns(section, prefix, sql);
  section.loseRest();
  if (metrics.size === 0) {
    section.loseAll('no metric is left', draft.notes);
    return;
  }
  if (options.interval === undefined) {
    if (everyMs === null) draft.untimed++;
    else options.interval = formatDuration(everyMs);
  }
  if (version !== null) options.when = { ...options.when, version };
  addQuery(draft, name, { notes, keys: { ...options, sql }, metrics });
}

/** Each column of the list is a label, a metric or nothing. */
function readColumns(section: Section, prefix: string, sql: string): Map<string, DraftMetric> {
  const labels: string[] = [];
  const metrics = new Map<string, DraftMetric>();
  const columns = section.sections('metrics').flatMap((item) => item.children());
  for (const [column, keys] of columns) {
    const usage = (keys.text('usage') ?? '').toUpperCase();
    const description = keys.text('description');
    if (usage !== 'DISCARD' && certainlyLacks(sql, column)) {
      const text = `the statement has no column "${column}": there it gives nothing, here it would fail`;
      section.report.note(keys.subject, text, section.notes);
      continue;
    }
    if (usage === 'LABEL') labels.push(column);
    else if (usage === 'GAUGE' || usage === 'COUNTER' || usage === 'MAPPEDMETRIC') {
      const notes: Notes = [];
      const map = usage === 'MAPPEDMETRIC' ? readMap(keys) : undefined;
      const type = usage === 'COUNTER' ? 'counter' : 'gauge';
      const name = `${prefix}_${column}`;
      metrics.set(name, {
        notes,
        keys: { type, ...(description ? { description } : {}), value: column, ...(map === undefined ? {} : { map }) },
      });
    } else if (usage !== 'DISCARD') {
      keys.loseAll(LOST_USAGES[usage] ?? 'its usage is none that the exporter has', section.notes);
      continue;
    }
    keys.loseRest();
    for (const note of keys.notes) section.notes.push(note);
  }
  if (labels.length > 0) {
    for (const metric of metrics.values()) {
      const { type, description, ...rest } = metric.keys;
      Object.assign(metric, { keys: { type, ...(description ? { description } : {}), labels, ...rest } });
    }
  }
  return metrics;
}

const LOST_USAGES: Readonly<Record<string, string>> = {
  HISTOGRAM: 'arrays of buckets are not read: give each bucket a column, and write type: histogram with buckets',
  DURATION: 'durations become numbers in SQL, as TIME_TO_SEC() or EXTRACT(EPOCH FROM …) does',
  '': 'has no usage',
};

function readMap(keys: Section): Readonly<Record<string, number>> | undefined {
  const map = Object.entries(keys.textMap('metric_mapping')).map(([text, number]) => [text, Number(number)] as const);
  if (map.length > 0 && map.every(([, number]) => Number.isFinite(number))) return Object.fromEntries(map);
  keys.lose('usage', 'the texts that are numbers are not named: write them under "map"');
  return undefined;
}
