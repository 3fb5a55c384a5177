import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { OWN_METRIC_NAMES } from '../../src/model/own-metrics.ts';
import { blocksOf, documents, readDocument, repository } from '../docs/documents.ts';
import { checkConfigurations, checkRules, testRules } from '../support/prometheus.ts';

const RULES = 'examples/prometheus/query-exporter.rules.yml';
const TESTS = 'examples/prometheus/query-exporter.rules.test.yml';
const PACK_RULES = 'examples/prometheus/packs.rules.yml';
const PACK_TESTS = 'examples/prometheus/packs.rules.test.yml';
const CONFIGURATION = 'examples/prometheus/prometheus.yml';
const DASHBOARD = 'examples/grafana/query-exporter.json';

/** What Prometheus makes itself. */
const OF_PROMETHEUS: ReadonlySet<string> = new Set(['up']);

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

interface Dashboard {
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr?: string }[] };
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

const dashboard = JSON.parse(readDocument(DASHBOARD)) as Dashboard;

function expressionsOf({ panels, annotations }: Dashboard): readonly (readonly [place: string, expression: string])[] {
  return [
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ refId, expr }) => [`${title} ${refId}`, expr] as const),
    ),
    ...annotations.list.flatMap(({ name, expr }) => (expr === undefined ? [] : [[name, expr] as const])),
  ];
}

/** Names in an expression that stand for metrics: not labels, functions, keywords, durations or texts. */
function metricsIn(expression: string): readonly string[] {
  const bare = expression
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(on|by|without|ignoring|group_left|group_right)\s*\([^)]*\)/g, '');
  const words = bare.match(/[a-z_][a-z0-9_]*(?!\w|\s*\()/g) ?? [];
  return words.filter((word) => !['and', 'or', 'unless', 'bool', 'offset', 'by', 'without'].includes(word));
}

/** As Prometheus reads it, without the variables of the dashboard. */
function substituted(expression: string): string {
  return expression.replaceAll('$__rate_interval', '5m').replace(/\$[a-z]+/g, '.*');
}

test('the rules are valid and their unit tests pass', async () => {
  const rules = await checkRules([join(repository, RULES), join(repository, PACK_RULES)]);
  assert.ok(rules.ok, rules.output);
  const tests = await testRules([join(repository, TESTS), join(repository, PACK_TESTS)]);
  assert.ok(tests.ok, tests.output);
});

test('Prometheus takes the configurations of the example and of the pages, and those in comments', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'qe-prometheus-'));
  try {
    const example = readDocument(CONFIGURATION);
    const onPages = documents()
      .flatMap(blocksOf)
      .filter(({ info, text }) => info === 'yaml prometheus' && text.includes('scrape_configs:'));
    assert.ok(onPages.length >= 5);
    const uncommented = example.replaceAll(/^ {2}# (?=- job_name:| )/gm, '  ');
    const files: string[] = [];
    for (const text of [example, uncommented, ...onPages.map((block) => block.text)]) {
      const file = join(folder, `${files.length}.yml`);
      await writeFile(file, text);
      files.push(file);
    }
    assert.match(uncommented, /^ {4}http_sd_configs:$/m);
    const { ok, output } = await checkConfigurations(files);
    assert.ok(ok, output);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('every alert has a test in which it fires and one in which it does not', () => {
  const tests = readDocument(TESTS);
  const alerts = [...readDocument(RULES).matchAll(/alert: (\w+)/g)].map(([, name]) => name ?? '');
  assert.ok(alerts.length >= 7);
  for (const alert of alerts) {
    assert.match(tests, new RegExp(`alertname: ${alert}, exp_alerts: \\[\\]`), `${alert} is never silent`);
    assert.match(tests, new RegExp(`alertname: ${alert}\\n\\s+exp_alerts:|${alert}, exp_alerts: \\[\\*`), alert);
  }
});

test('the rules name only metrics that the exporter exports', () => {
  const expressions = [...readDocument(RULES).matchAll(/expr: (.*(?:\n {10}.*)*)/g)].map(([, text]) => text ?? '');
  const names = expressions.flatMap((text) => metricsIn(text.replace(/^>-/, '')));
  assert.ok(names.includes('query_exporter_query_up'));
  assert.deepEqual([...new Set(names)].filter(isUnknown), []);
});

test('the dashboard names only metrics that the exporter exports', () => {
  const named = expressionsOf(dashboard).flatMap(([place, text]) => metricsIn(text).map((name) => ({ place, name })));
  const variables = dashboard.templating.list.flatMap(({ name: place, definition = '' }) =>
    [...definition.matchAll(/label_values\((\w+)/g)].map(([, name = '']) => ({ place, name })),
  );
  assert.ok(named.length > 20 && variables.length > 3);
  assert.deepEqual(
    [...named, ...variables].filter(({ name }) => isUnknown(name)),
    [],
  );
});

test('the dashboard shows every metric that the exporter has about itself', () => {
  const shown = new Set(expressionsOf(dashboard).flatMap(([, text]) => metricsIn(text)));
  const hidden = [...OWN_METRIC_NAMES].filter((name) => name.startsWith('query_exporter_') && !shown.has(name));
  // A time that nobody watches.
  assert.deepEqual(hidden, ['query_exporter_config_last_reload_success_timestamp_seconds']);
});

test('Prometheus reads every expression of the dashboard and of the pages', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'qe-expressions-'));
  try {
    const onPages = documents()
      .flatMap(blocksOf)
      .filter(({ info }) => info === 'promql');
    assert.ok(onPages.length > 2);
    const expressions = [...expressionsOf(dashboard), ...onPages.map(({ place, text }) => [place, text] as const)];
    const rules = expressions.map(([place, text], index) => {
      return { record: `expression_${index}`, expr: substituted(text), labels: { place } };
    });
    assert.ok(rules.every(({ expr }) => !expr.includes('$')));
    const file = join(folder, 'expressions.yml');
    await writeFile(file, JSON.stringify({ groups: [{ name: 'expressions', rules }] }));
    const { ok, output } = await checkRules([file]);
    assert.ok(ok, output);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the page on alerting shows the rules as they are', () => {
  const onPage = blocksOf('docs/alerting.md').filter(({ info }) => info === 'promql');
  assert.equal(onPage.length, 2);
  for (const { text, place } of onPage) assert.ok(plain(readDocument(RULES)).includes(plain(text)), place);
  const table = readDocument('docs/alerting.md');
  const rules = readDocument(RULES)
    .split(/- alert: /)
    .slice(1);
  for (const rule of rules) {
    const [name = ''] = rule.split('\n');
    const severity = /severity: (\w+)/.exec(rule)?.[1];
    const wait = /for: (\w+)/.exec(rule)?.[1] ?? 'none';
    assert.match(table, new RegExp(`\\| \`${name}\` \\| ${severity} \\| .* \\| ${wait}: `), name);
  }
});

test('the dashboard calls a result old exactly when the alert does', () => {
  const [, rule = ''] = /alert: QueryExporterQueryOld\s+expr: >-\n((?: {10}.*\n)+)/.exec(readDocument(RULES)) ?? [];
  const shown = dashboard.panels.find(({ title }) => title === 'Old')?.targets?.[0]?.expr ?? '';
  const plain = (text: string) =>
    text
      .replace(/\{[^}]*\}/g, '')
      .replace(/\s+/g, ' ')
      .trim();
  assert.equal(plain(shown), `count(${plain(rule)}) or vector(0)`);
});

test('the panels of the dashboard have ids of their own, fit the grid and do not overlap', () => {
  const { panels, schemaVersion } = dashboard;
  assert.ok(schemaVersion >= 39);
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const { title, type, description, gridPos } of panels) {
    assert.ok(gridPos.x >= 0 && gridPos.w > 0 && gridPos.x + gridPos.w <= 24, title);
    assert.ok(type === 'row' || description, `${title} has no description`);
  }
  const cells = panels.flatMap(({ title, gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => ({ title, cell: `${x + (index % w)},${y + Math.floor(index / w)}` })),
  );
  const taken = new Map<string, string>();
  for (const { title, cell } of cells) {
    assert.equal(taken.get(cell), undefined, `${title} covers ${taken.get(cell)}`);
    taken.set(cell, title);
  }
});

/** Without line breaks and indentation. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function isUnknown(name: string): boolean {
  return !OWN_METRIC_NAMES.has(name) && !OF_PROMETHEUS.has(name);
}
