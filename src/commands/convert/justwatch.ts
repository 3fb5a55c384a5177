import type { Mapping, Scalar } from '../../config/tree.ts';
import { formatDuration, parseDuration } from '../../language/duration.ts';
import { addQuery, addTarget, type Draft, emptyDraft, type MetricKeys, type QueryKeys } from './draft.ts';
import type { EngineWord, SourceDatabase } from './dsn-parts.ts';
import { Section } from './section.ts';
import { readSourceDsn } from './source-dsn.ts';
import type { Format, Source } from './source-format.ts';
import { certainlyLacks, readStatement } from './statement.ts';

/** Prometheus SQL Exporter: jobs with connections and queries. */
export const justwatch: Format = {
  name: 'justwatch',
  title: 'Prometheus SQL Exporter (justwatch)',
  tags: [],
  recognises: (root) => {
    const jobs = root.entries.get('jobs')?.value;
    return (
      jobs?.kind === 'list' &&
      jobs.items.some((job) => job.kind === 'mapping' && (job.entries.has('connections') || job.entries.has('queries')))
    );
  },
  convert: (sources, { report }) => {
    const draft = emptyDraft();
    draft.namespace = 'sql';
    const files = sources.map((source) => new Section(source.root, [], report, draft.notes));
    const jobs = files.flatMap((file) => file.sections('jobs'));
    const read = jobs.map((job) => readJob(job, draft));
    addTargets(draft, read);
    const isOnly = read.length === 1;
    for (const { file, source } of files.map((section, index) => ({ file: section, source: sources[index] }))) {
      file.drop('queries');
      if (file.has('cloudsql_config')) file.lose('cloudsql_config', 'connect through the proxy of Cloud SQL instead');
      file.loseRest();
      const statements = statementsOf(source);
      for (const job of read.filter(({ section }) => section.subject.place.file === source?.root.place.file)) {
        convertQueries(draft, job, statements, isOnly);
      }
    }
    return draft;
  },
};

interface Job {
  readonly section: Section;
  readonly name: string;
  readonly databases: readonly SourceDatabase[];
  readonly initSql: readonly string[];
  readonly keys: QueryKeys;
  readonly engine: EngineWord;
}

function readJob(section: Section, draft: Draft): Job {
  const name = section.text('name') ?? 'job';
  const databases = section.texts('connections').flatMap((connection, index) => {
    const reading = readSourceDsn(withVariables(connection));
    const subject = { ...section.at('connections'), path: [...section.subject.path, 'connections', index] };
    if (!reading.ok) {
      section.report.lose(subject, reading.problem, draft.notes);
      return [];
    }
    if (/include:|exclude:/.test(reading.found.database)) {
      section.report.lose(subject, 'name the databases: patterns are not looked up', draft.notes);
      return [];
    }
    for (const parameter of reading.found.lost) {
      section.report.lose(subject, `the parameter "${parameter}" is none that the exporter has`, draft.notes);
    }
    return [reading.found];
  });
  if (!section.has('connections')) section.loseAll('has no connections', draft.notes);
  const initSql = section.texts('startup_sql');
  const isIterator = section.has('iterator');
  if (isIterator) section.lose('iterator', 'write a query for each value');
  section.drop('keepalive');
  const used = isIterator ? [] : databases;
  return {
    section,
    name,
    databases: used,
    initSql,
    keys: readTiming(section),
    engine: databases[0]?.engine ?? 'mysql',
  };
}

/** Templates become variables, which are put in when the exporter starts. */
function withVariables(connection: string): string {
  return connection.replace(/\{\{\s*(\w+)\s*\}\}|\[\[\s*(\w+)\s*\]\]/g, (_, curly, square) => `\${${curly ?? square}}`);
}

function readTiming(section: Section): QueryKeys {
  const text = section.text('interval');
  const schedule = section.text('cron_schedule');
  // There it wins over the interval.
  if (schedule !== undefined) return { schedule };
  const intervalMs = text === undefined ? null : parseDuration(text);
  if (text !== undefined && intervalMs === null && text !== '0') section.lose('interval', 'expected a duration');
  return intervalMs === null || intervalMs === 0 ? {} : { interval: formatDuration(intervalMs) };
}

/** The label `host` names the target where hosts are unique. Where they are not, the database stands beside them. */
function addTargets(draft: Draft, jobs: readonly Job[]): void {
  const places = new Map<string, Set<string>>();
  for (const { databases, initSql } of jobs) {
    for (const { host, keys } of databases)
      places.set(host, (places.get(host) ?? new Set()).add(JSON.stringify([keys, initSql])));
  }
  const isUnique = [...places].every(([host, found]) => host !== '' && found.size === 1);
  draft.targetLabel = isUnique ? 'host' : undefined;
  for (const { name, databases, initSql } of jobs) {
    for (const { engine, keys, secret, host, user, database } of databases) {
      const labels = Object.fromEntries(
        Object.entries({ database, driver: engine, host: isUnique ? '' : host, user }).filter(
          ([, label]) => label !== '',
        ),
      );
      const wanted = isUnique ? host : [host, database].filter((part) => part !== '').join('/');
      addTarget(draft, wanted, {
        notes: [],
        keys: {
          ...keys,
          ...(jobs.length === 1 ? {} : { groups: [name] }),
          labels,
          ...(initSql.length === 0 ? {} : { init_sql: initSql }),
        },
        secret,
      });
    }
  }
}

/** The statements that `query_ref` names. */
function statementsOf(source: Source | undefined): ReadonlyMap<string, Scalar> {
  const queries: Mapping | undefined = mappingAt(source?.root, 'queries');
  const scalars = Array.from(queries?.entries ?? []).flatMap(([name, { value }]): [string, Scalar][] =>
    value.kind === 'scalar' ? [[name, value]] : [],
  );
  return new Map(scalars);
}

function mappingAt(root: Mapping | undefined, key: string): Mapping | undefined {
  const node = root?.entries.get(key)?.value;
  return node?.kind === 'mapping' ? node : undefined;
}

function convertQueries(draft: Draft, job: Job, statements: ReadonlyMap<string, Scalar>, isOnly: boolean): void {
  for (const query of job.section.sections('queries')) {
    const name = query.text('name') ?? 'query';
    const ref = query.text('query_ref');
    const scalar = query.scalar('query') ?? (ref === undefined ? undefined : statements.get(ref));
    const allowsNone = query.flag('allow_zero_rows') ?? false;
    if (job.databases.length === 0 || job.section.has('iterator')) {
      query.loseAll(
        job.section.has('iterator') ? 'its job is an iterator' : 'no database of its job is left',
        draft.notes,
      );
      continue;
    }
    if (scalar === undefined) {
      query.loseAll(ref === undefined ? 'has no query' : `there is no query "${ref}"`, draft.notes);
      continue;
    }
    const { sql, notes } = readStatement(scalar, job.engine);
    for (const text of notes) query.note('query', text);
    const metric = readMetric(query, job.name, sql);
    query.loseRest();
    if (metric === null) {
      query.loseAll('has no values', draft.notes);
      continue;
    }
    const keys: QueryKeys = { ...(isOnly ? {} : { targets: [job.name] }), ...job.keys };
    if (keys.interval === undefined && keys.schedule === undefined) draft.untimed++;
    if (!allowsNone) keys.on_empty = 'fail';
    const metrics = new Map([[name, { notes: [], keys: metric }]]);
    addQuery(draft, name, { notes: query.notes, keys: { ...keys, sql }, metrics });
  }
  job.section.loseRest();
}

function readMetric(query: Section, job: string, sql: string): MetricKeys | null {
  const description = query.text('help');
  const labels = query.texts('labels');
  const values = query.texts('values');
  if (query.has('timestamp')) query.lose('timestamp', 'samples carry no timestamps');
  const lacking = [...labels, ...values].find((column) => certainlyLacks(sql, column));
  if (lacking !== undefined) query.note('query', `gives no column "${lacking}"`);
  const [only, ...others] = values;
  if (only === undefined) return null;
  const isPivot = others.length > 0;
  return {
    type: 'gauge',
    ...(description ? { description } : {}),
    ...(labels.length > 0 ? { labels } : {}),
    static_labels: { ...(isPivot ? {} : { col: only }), sql_job: job },
    ...(isPivot ? { values, value_label: 'col' } : { value: only }),
  };
}
