import { formatDuration } from '../../language/duration.ts';
import { readDatabase } from './albertodonato-database.ts';
import { resolveIncludes } from './albertodonato-includes.ts';
import { addQuery, type Draft, type DraftMetric, emptyDraft, type MetricKeys, type QueryKeys } from './draft.ts';
import type { EngineWord } from './dsn-parts.ts';
import type { Conversion, Format } from './format.ts';
import { Section } from './section.ts';
import { besideFirst } from './source-paths.ts';
import { certainlyLacks, readStatement } from './statement.ts';
import { shiftWeekdays } from './weekdays.ts';

const TAGS = ['!include', '!env', '!file'] as const;

/** The query-exporter in Python: databases, metrics and queries in three sections. */
export const albertodonato: Format = {
  name: 'albertodonato',
  title: 'albertodonato/query-exporter',
  tags: TAGS,
  recognises: (root) => root.entries.has('databases') && ['metrics', 'queries'].some((key) => root.entries.has(key)),
  convert: (sources, conversion) => {
    const { report } = conversion;
    const draft = emptyDraft();
    draft.targetLabel = 'database';
    const engines = new Map<string, EngineWord>();
    const files = sources.map(
      ({ root }) => new Section(resolveIncludes(root, conversion, draft.notes), [], report, draft.notes),
    );
    for (const [name, database] of files.flatMap((file) => file.section('databases')?.children() ?? [])) {
      const engine = readDatabase(draft, name, database, conversion);
      if (engine !== null) engines.set(name, engine);
    }
    const metrics = new Map(files.flatMap((file) => [...readMetrics(file)]));
    for (const file of files) {
      for (const [name, query] of file.section('queries')?.children() ?? []) {
        convertQuery({ draft, name, query, metrics, engines, conversion });
      }
      if (file.has('builtin-metrics'))
        file.note('builtin-metrics', 'metrics of the exporter itself have other names here');
      file.drop('builtin-metrics');
      file.loseRest();
    }
    const text = 'where several rows give one series the last stands there, the first here';
    const place = files[0]?.subject.place;
    if (place !== undefined) report.note({ place: { ...place, offset: null }, path: [] }, text, draft.notes);
    return draft;
  },
};

interface SourceMetric {
  /** Null: no metric here is like it. */
  readonly keys: MetricKeys | null;
  readonly expirationMs: number | null;
  readonly section: Section;
}

const LOST_TYPES: Readonly<Record<string, string>> = {
  histogram: 'counts the same rows at every run there: let SQL count into buckets, and write type: histogram',
  summary: 'counts the same rows at every run there: let SQL give the quantiles, and write type: gauge',
  enum: 'give each state a row with 0 or 1 in SQL, and write type: gauge with the state as a label',
};

function readMetrics(file: Section): ReadonlyMap<string, SourceMetric> {
  const metrics = new Map<string, SourceMetric>();
  for (const [name, section] of file.section('metrics')?.children() ?? []) {
    const type = section.text('type') ?? '';
    const description = section.text('description');
    const labels = section.texts('labels');
    const expirationMs = section.durationMs('expiration');
    const increment = section.flag('increment');
    let keys: MetricKeys | null = null;
    if (type !== 'gauge' && type !== 'counter') section.loseAll(LOST_TYPES[type] ?? 'is no type that the exporter has');
    else if (increment) section.loseAll('let SQL give the total, which "increment" adds up there');
    else
      keys = { type, ...(description ? { description } : {}), ...(labels.length > 0 ? { labels } : {}), value: name };
    section.drop('buckets', 'states');
    section.loseRest();
    metrics.set(name, { keys, expirationMs, section });
  }
  return metrics;
}

interface QueryToConvert {
  readonly draft: Draft;
  readonly name: string;
  readonly query: Section;
  readonly metrics: ReadonlyMap<string, SourceMetric>;
  readonly engines: ReadonlyMap<string, EngineWord>;
  readonly conversion: Conversion;
}

function convertQuery({ draft, name, query, metrics, engines, conversion }: QueryToConvert): void {
  const databases = query.texts('databases');
  const targets = databases.filter((database) => engines.has(database));
  const scalar = query.scalar('sql');
  const names = query.texts('metrics');
  const keys: QueryKeys = { targets };
  const timeoutMs = query.durationMs('timeout');
  if (timeoutMs !== null) keys.timeout = formatDuration(timeoutMs);
  const isTimed = readTiming(query, keys);
  const known = names.flatMap((metric) => metrics.get(metric) ?? []);
  const longestMs = known.reduce((longest, { expirationMs }) => Math.max(longest, expirationMs ?? 0), 0);
  if (longestMs > 0) keys.max_age = formatDuration(longestMs);
  if (scalar === undefined) {
    query.loseAll('has no SQL', draft.notes);
    return;
  }
  if (query.has('parameters'))
    query.lose('parameters', 'write a query for each set of values, with static_labels that differ');
  query.loseRest();
  if (query.has('parameters')) {
    query.loseAll('its parameters stand in the SQL', draft.notes);
    return;
  }
  if (targets.length === 0) {
    query.loseAll('none of its databases is left', draft.notes);
    return;
  }
  if (scalar.tag === '!file')
    keys.sql_file = besideFirst(scalar.source, scalar.place.file.absolutePath, conversion.first);
  else {
    const { sql, notes } = readStatement(scalar, engines.get(targets[0] ?? '') ?? 'mysql');
    for (const text of notes) query.note('sql', text);
    keys.sql = sql;
  }
  const written = new Map<string, DraftMetric>();
  for (const metric of names) {
    const source = metrics.get(metric);
    if (source === undefined) query.lose('metrics', `there is no metric "${metric}"`);
    else if (source.keys === null) for (const note of source.section.notes) query.notes.push(note);
    else written.set(metric, { notes: [...source.section.notes], keys: source.keys });
    const lacking = [metric, ...(source?.keys?.labels ?? [])].find((column) => certainlyLacks(keys.sql ?? '', column));
    if (lacking !== undefined)
      query.note('sql', `gives no column "${lacking}": name it with AS, or change "value" or "labels"`);
  }
  if (written.size === 0) {
    query.loseAll('no metric is left', draft.notes);
    return;
  }
  if (!isTimed) draft.untimed++;
  addQuery(draft, name, { notes: query.notes, keys, metrics: written });
}

function readTiming(query: Section, keys: QueryKeys): boolean {
  const intervalMs = query.durationMs('interval');
  const schedule = query.text('schedule');
  const timezone = query.text('timezone');
  if (schedule !== undefined) {
    const shifted = shiftWeekdays(schedule);
    keys.schedule = shifted.expression;
    if (shifted.expression !== schedule)
      query.note('schedule', 'weekdays count from Monday as 0 there, from Sunday here');
    if (shifted.bothDays)
      query.lose('schedule', 'day of month and day of week must both fit there, here either suffices');
    if (timezone !== undefined) keys.timezone = timezone;
    return true;
  }
  if (intervalMs !== null) keys.interval = formatDuration(intervalMs);
  return intervalMs !== null;
}
