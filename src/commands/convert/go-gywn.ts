import type { Mapping, Node } from '../../config/tree.ts';
import { formatDuration } from '../../language/duration.ts';
import { addQuery, addTarget, type Draft, type DraftMetric, emptyDraft, type QueryKeys } from './draft.ts';
import type { EngineWord } from './dsn-parts.ts';
import { Section } from './section.ts';
import { readSourceDsn } from './source-dsn.ts';
import type { Format } from './source-format.ts';
import { certainlyLacks, readStatement } from './statement.ts';

/** The query-exporter for groups of databases: one file of databases, one of metrics. */
export const goGywn: Format = {
  name: 'go-gywn',
  title: 'go-gywn/query-exporter',
  tags: [],
  recognises: (root) => isMetricsFile(root) || isDatabasesFile(root),
  convert: (sources, { report }) => {
    const draft = emptyDraft();
    draft.namespace = undefined;
    draft.targetLabel = 'instance';
    // Its default, in seconds.
    draft.defaults.timeout = '1s';
    const engines = new Map<string, EngineWord>();
    const sections = sources.map(({ root }) => ({ root, section: new Section(root, [], report, draft.notes) }));
    for (const { section } of sections.filter(({ root }) => !isMetricsFile(root)))
      convertGroups(draft, section, engines);
    for (const { section } of sections.filter(({ root }) => isMetricsFile(root))) {
      for (const [name, collector] of section.children()) convertCollector(draft, name, collector, engines);
    }
    return draft;
  },
};

function isMetricsFile(root: Mapping): boolean {
  return someValue(root, (value) => value.kind === 'mapping' && value.entries.get('collects')?.value.kind === 'list');
}

function isDatabasesFile(root: Mapping): boolean {
  return someValue(
    root,
    (group) =>
      group.kind === 'mapping' &&
      someValue(
        group,
        (instance) => instance.kind === 'mapping' && instance.entries.has('dsn') && instance.entries.has('type'),
      ),
  );
}

function someValue(mapping: Mapping, test: (value: Node) => boolean): boolean {
  return Array.from(mapping.entries.values()).some(({ value }) => test(value));
}

function convertGroups(draft: Draft, file: Section, engines: Map<string, EngineWord>): void {
  for (const [group, instances] of file.children()) {
    for (const [name, instance] of instances.children()) {
      const dsn = instance.text('dsn') ?? '';
      const user = instance.text('user');
      const password = instance.text('pass');
      instance.drop('type');
      const reading = readSourceDsn(dsn);
      if (!reading.ok) {
        instance.loseAll(reading.problem, draft.notes);
        continue;
      }
      instance.loseRest();
      const { keys, secret, engine } = reading.found;
      engines.set(group, engine);
      const credentials = user === undefined || reading.found.user !== '' ? {} : { user };
      addTarget(draft, name, {
        notes: instance.notes,
        keys: { ...keys, ...credentials, groups: [group] },
        secret: secret ?? password ?? null,
      });
    }
  }
}

function convertCollector(
  draft: Draft,
  name: string,
  collector: Section,
  engines: ReadonlyMap<string, EngineWord>,
): void {
  const targets = collector.texts('targets');
  for (const collect of collector.sections('collects')) {
    const scalar = collect.scalar('query');
    if (scalar === undefined) {
      collect.loseAll('has no query', draft.notes);
      continue;
    }
    const { sql, notes: said } = readStatement(scalar, engines.get(targets[0] ?? '') ?? 'mysql');
    for (const text of said) collect.note('query', text);
    const timeoutMs = collect.durationMs('timeout');
    const metrics = readMetrics(collect, sql);
    collect.loseRest();
    const keys: QueryKeys = { collector: name, targets };
    if (timeoutMs !== null && timeoutMs !== 1_000) keys.timeout = formatDuration(timeoutMs);
    draft.untimed++;
    if (metrics.size > 0) addQuery(draft, name, { notes: collect.notes, keys: { ...keys, sql }, metrics });
    else collect.loseAll('no metric is left', draft.notes);
  }
  collector.loseRest();
}

function readMetrics(collect: Section, sql: string): Map<string, DraftMetric> {
  const metrics = new Map<string, DraftMetric>();
  for (const [name, metric] of collect.section('metrics')?.children() ?? []) {
    const type = (metric.text('type') ?? '').toLowerCase();
    const description = metric.text('description');
    const labels = metric.texts('labels');
    const value = metric.text('value') ?? '';
    metric.loseRest();
    const lacking = [...labels, value].find((column) => certainlyLacks(sql, column));
    if (lacking !== undefined) {
      const text = `the statement has no column "${lacking}": there it gives 0, here it would fail`;
      collect.report.note(metric.subject, text, collect.notes);
      continue;
    }
    metrics.set(name, {
      notes: metric.notes,
      keys: {
        type: type === 'counter' ? 'counter' : 'gauge',
        ...(description ? { description } : {}),
        ...(labels.length > 0 ? { labels } : {}),
        value,
      },
    });
  }
  return metrics;
}
