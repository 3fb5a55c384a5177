import type { Mapping } from '../../config/tree.ts';
import { formatDuration } from '../../language/duration.ts';
import { convertCollector, type GlobalOptions } from './burningalchemist-collector.ts';
import { addTarget, type Draft, emptyDraft, type TargetKeys } from './draft.ts';
import type { EngineWord } from './dsn-parts.ts';
import { Section } from './section.ts';
import { readSourceDsn } from './source-dsn.ts';
import type { Conversion, Format } from './source-format.ts';
import { filesLike, globOf } from './source-paths.ts';
import { guessEngine } from './statement.ts';

/** Its files: a configuration, and collectors that stand there or in files of their own. */
export const burningalchemist: Format = {
  name: 'burningalchemist',
  title: 'sql_exporter (burningalchemist)',
  tags: [],
  recognises: (root) => isCollector(root) || isConfiguration(root),
  convert: (sources, conversion) => {
    const draft = emptyDraft();
    const configurations = sources.filter(({ root }) => !isCollector(root));
    const given = sources
      .filter(({ root }) => isCollector(root))
      .map(({ root }) => new Section(root, [], conversion.report, []));
    for (const { root } of configurations) {
      const file = new Section(root, [], conversion.report, draft.notes);
      const named = collectorFiles(file, root, conversion);
      convertConfiguration(draft, file, [...given, ...named]);
    }
    if (configurations.length === 0) convertCollectorsAlone(draft, given);
    return draft;
  },
};

function isCollector(root: Mapping): boolean {
  return root.entries.has('collector_name');
}

function isConfiguration(root: Mapping): boolean {
  const jobs = root.entries.get('jobs')?.value;
  const hasJobs =
    jobs?.kind === 'list' && jobs.items.some((job) => job.kind === 'mapping' && job.entries.has('job_name'));
  const target = root.entries.get('target')?.value;
  const hasTarget =
    target?.kind === 'mapping' && ['data_source_name', 'collectors'].some((key) => target.entries.has(key));
  return hasJobs || hasTarget || root.entries.has('collector_files');
}

function collectorFiles(file: Section, root: Mapping, { read }: Conversion): readonly Section[] {
  return file.texts('collector_files').flatMap((pattern) => {
    const paths = filesLike(pattern, root.place.file.absolutePath);
    if (paths.length === 0) file.lose('collector_files', `no file is like ${JSON.stringify(pattern)}`);
    return paths.flatMap((path) => {
      const collector = read(path, []);
      if (!('problem' in collector)) return [new Section(collector, [], file.report, [])];
      file.lose('collector_files', collector.problem);
      return [];
    });
  });
}

function convertConfiguration(draft: Draft, file: Section, others: readonly Section[]): void {
  const options = readGlobal(draft, file);
  const collectors = new Map(
    [...others, ...file.sections('collectors')].map((one) => [one.text('collector_name') ?? '', one]),
  );
  const users = [...readJobs(draft, file, options), ...readSingle(draft, file, options)];
  const used = new Map<string, { readonly groups: string[]; engine: EngineWord | null }>();
  for (const { section, group, engine } of users) {
    for (const pattern of section.texts('collectors')) {
      const names = [...collectors.keys()].filter(globOf(pattern));
      if (names.length === 0) section.lose('collectors', `there is no collector ${JSON.stringify(pattern)}`);
      for (const name of names) {
        const user = used.get(name) ?? { groups: [], engine };
        if (engine !== null) user.engine = engine;
        if (group !== null && engine !== null) user.groups.push(group);
        used.set(name, user);
      }
    }
    section.loseRest();
  }
  for (const [name, { groups: wanted, engine }] of used) {
    const collector = collectors.get(name);
    const targets = wanted.length > 0 ? [...new Set(wanted)] : undefined;
    if (collector !== undefined) convertCollector({ draft, collector, name, targets, engine, options });
  }
  for (const [name, collector] of collectors) {
    if (!used.has(name)) file.report.note(collector.subject, 'no target there uses this collector', draft.notes);
  }
  file.loseRest();
}

interface CollectorUser {
  readonly section: Section;
  /** Null: the only target, which has no group. */
  readonly group: string | null;
  /** Null: none of its databases is one of ours. */
  readonly engine: EngineWord | null;
}

function readGlobal(draft: Draft, file: Section): GlobalOptions {
  const global = file.section('global');
  const timeoutMs = global?.durationMs('scrape_timeout') ?? null;
  if (timeoutMs !== null) draft.defaults.timeout = formatDuration(timeoutMs);
  const options = {
    intervalMs: global?.durationMs('min_interval') ?? null,
    maxConnections: global?.count('max_connections') ?? 0,
  };
  // They are about scrapes, which ask no database here, and about idle connections, which are kept as intervals need them.
  global?.drop('scrape_timeout_offset', 'scrape_error_drop_interval', 'warmup_delay', 'max_idle_connections');
  global?.drop('max_connection_lifetime', 'ping_interval');
  global?.loseRest();
  return options;
}

function readJobs(draft: Draft, file: Section, options: GlobalOptions): readonly CollectorUser[] {
  return file.sections('jobs').map((section) => {
    const group = section.text('job_name') ?? 'job';
    const ping = pingOf(section);
    let engine: EngineWord | null = null;
    for (const config of section.sections('static_configs')) {
      const labels = config.textMap('labels');
      for (const [name, dsn] of Object.entries(config.textMap('targets'))) {
        const keys = { groups: [group], ...(Object.keys(labels).length > 0 ? { labels } : {}), ...ping };
        engine = addDatabase(draft, name, dsn, keys, config, 'targets', options) ?? engine;
      }
      config.loseRest();
    }
    return { section, group, engine };
  });
}

/** The form with one target, whose samples have no label with its name unless it has one. */
function readSingle(draft: Draft, file: Section, options: GlobalOptions): readonly CollectorUser[] {
  const section = file.section('target');
  if (section === undefined) return [];
  const name = section.text('name');
  const dsn = section.text('data_source_name');
  const labels = section.textMap('labels');
  if (name === undefined) draft.targetLabel = '';
  if (dsn === undefined) section.lose('data_source_name', 'is missing');
  const keys = { ...(Object.keys(labels).length > 0 ? { labels } : {}), ...pingOf(section) };
  const engine =
    dsn === undefined ? null : addDatabase(draft, name ?? 'default', dsn, keys, section, 'data_source_name', options);
  return [{ section, group: null, engine }];
}

function pingOf(section: Section): TargetKeys {
  return section.flag('enable_ping') === false ? { ping_interval: 'off' } : {};
}

function addDatabase(
  draft: Draft,
  name: string,
  dsn: string,
  options: TargetKeys,
  section: Section,
  key: string,
  { maxConnections }: GlobalOptions,
): EngineWord | null {
  const reading = readSourceDsn(dsn);
  const { place, path } = section.at(key);
  const subject = { place, path: key === 'targets' ? [...path, name] : path };
  if (!reading.ok) {
    section.report.lose(subject, reading.problem, draft.notes);
    return null;
  }
  const { keys, secret, engine, lost } = reading.found;
  const notes: string[] = [];
  for (const parameter of lost) {
    section.report.lose(subject, `the parameter "${parameter}" is none that the exporter has`, notes);
  }
  const connections = maxConnections > 0 && engine !== 'sqlite' ? { max_connections: maxConnections } : {};
  addTarget(draft, name, { notes, keys: { ...keys, ...options, ...connections }, secret });
  return engine;
}

/** Collectors without the configuration that uses them: the target is one that the user completes. */
function convertCollectorsAlone(draft: Draft, collectors: readonly Section[]): void {
  const engine = guessEngine(collectors.flatMap((collector) => statementsOf(collector)));
  const dsn = engine === 'mysql' ? 'monitor@tcp(127.0.0.1:3306)/' : 'postgres://monitor@localhost:5432/postgres';
  addTarget(draft, 'default', {
    notes: ['the source names no database: write yours here, and its password into the file'],
    keys: { dsn, password_file: 'db_password' },
    secret: null,
  });
  draft.targetLabel = '';
  for (const collector of collectors) {
    const name = collector.text('collector_name') ?? '';
    convertCollector({
      draft,
      collector,
      name,
      targets: undefined,
      engine,
      options: { intervalMs: null, maxConnections: 0 },
    });
  }
}

function statementsOf(collector: Section): readonly string[] {
  const sections = [...collector.sections('metrics'), ...collector.sections('queries')];
  return sections.flatMap((section) => section.text('query') ?? []);
}
