import type { Place } from '../../config/place.ts';
import { formatDuration } from '../../language/duration.ts';
import { checkLabelName, METRIC_NAME } from '../../language/names.ts';
import { type Draft, type DraftMetric, type DraftQuery, type MetricKeys, uniqueName } from './draft.ts';
import type { Report } from './report.ts';

const STANDARD_INTERVAL_MS = 15_000;
const DEFAULT_TARGET_LABEL = 'target';

/**
 * Brings into agreement what formats leave to it: names that the exporter would refuse, one definition for each metric,
 * the interval of queries that have none, and files for passwords. `place` is the source as a whole.
 */
export function settle(draft: Draft, place: Place, intervalMs: number | null, report: Report): void {
  const subject = (path: readonly string[]) => ({ place, path });
  for (const [name, query] of draft.queries) {
    for (const [metric, { keys }] of query.metrics) {
      const problem = problemOf(metric, keys);
      if (problem === null) continue;
      report.lose(subject([metric]), problem, query.notes);
      query.metrics.delete(metric);
    }
    if (query.metrics.size === 0) draft.queries.delete(name);
  }
  agreeOnFamilies(draft, place, report);
  separateLabels(draft, place, report);
  chooseTargetLabel(draft, place, report);
  separateGroups(draft, place, report);
  placePasswords(draft, place, report);
  if (draft.untimed > 0) {
    const interval = formatDuration(intervalMs ?? STANDARD_INTERVAL_MS);
    draft.defaults.interval = interval;
    const isOne = draft.untimed === 1;
    const text = isOne
      ? '1 query has no interval there and runs'
      : `${draft.untimed} queries have no interval there and run`;
    report.note(subject([]), `${text} at every scrape: here every ${interval} (--interval)`, draft.notes);
  }
}

function problemOf(name: string, keys: MetricKeys): string | null {
  if (!METRIC_NAME.test(name)) return 'is no valid name of a metric';
  const labels = labelsOf(keys);
  const wrong = labels.find((label) => checkLabelName(label) !== null);
  if (wrong !== undefined) return `the label "${wrong}" is none that Prometheus takes`;
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  return twice === undefined ? null : `the label "${twice}" is there twice`;
}

function labelsOf({ labels = [], static_labels = {}, value_label }: MetricKeys): readonly string[] {
  return [...labels, ...Object.keys(static_labels), ...(value_label === undefined ? [] : [value_label])];
}

/** Queries that feed one metric agree on its type, description and labels. The first one decides. */
function agreeOnFamilies(draft: Draft, place: Place, report: Report): void {
  const first = new Map<string, { readonly metric: DraftMetric; readonly queries: DraftQuery[] }>();
  for (const [queryName, query] of draft.queries) {
    for (const [name, metric] of query.metrics) {
      const family = first.get(name);
      if (family === undefined) {
        first.set(name, { metric, queries: [query] });
        continue;
      }
      const { keys } = family.metric;
      const clash =
        keys.type !== metric.keys.type || labelsOf(keys).toSorted().join() !== labelsOf(metric.keys).toSorted().join()
          ? 'has another type or other labels in another query'
          : family.queries.some((other) => mayMeet(other, other.metrics.get(name), query, metric, draft))
            ? 'another query gives the same series: the first stands'
            : null;
      if (clash !== null) {
        report.lose({ place, path: ['queries', queryName, name] }, clash, query.notes);
        query.metrics.delete(name);
        if (query.metrics.size === 0) draft.queries.delete(queryName);
        continue;
      }
      family.queries.push(query);
      const { description } = keys;
      if (metric.keys.description !== description && description !== undefined) {
        report.note({ place, path: [name] }, 'has several descriptions there: the first stands', metric.notes);
        metric.keys.description = description;
      }
    }
  }
}

/** Whether two queries may give one series: on one target, with equal static labels, and at one time. */
function mayMeet(
  a: DraftQuery,
  first: DraftMetric | undefined,
  b: DraftQuery,
  second: DraftMetric,
  draft: Draft,
): boolean {
  if (a.keys.when !== undefined && b.keys.when !== undefined) return false;
  if (JSON.stringify(first?.keys.static_labels) !== JSON.stringify(second.keys.static_labels)) return false;
  const targets = targetsOf(a, draft);
  return [...targetsOf(b, draft)].some((target) => targets.has(target));
}

function targetsOf({ keys }: DraftQuery, { targets }: Draft): ReadonlySet<string> {
  if (keys.targets === undefined) return new Set(targets.keys());
  const selected = [...targets].filter(
    ([name, target]) =>
      keys.targets?.includes(name) || target.keys.groups?.some((group) => keys.targets?.includes(group)),
  );
  return new Set(selected.map(([name]) => name));
}

/** A label of a target may be no label of a metric. */
function separateLabels(draft: Draft, place: Place, report: Report): void {
  const taken = new Set(metricLabels(draft));
  for (const [name, { keys, notes }] of draft.targets) {
    const labels = Object.entries(keys.labels ?? {});
    for (const [label] of labels.filter(([key]) => taken.has(key))) {
      report.lose({ place, path: ['targets', name, label] }, 'the label is one of a metric too', notes);
    }
    const kept = labels.filter(([key]) => !taken.has(key));
    if (kept.length < labels.length) keys.labels = Object.fromEntries(kept);
  }
}

function metricLabels({ queries }: Draft): readonly string[] {
  return [...queries.values()].flatMap(({ metrics }) => [...metrics.values()].flatMap(({ keys }) => labelsOf(keys)));
}

/** The label with the target's name may be no label of a metric or target. */
function chooseTargetLabel(draft: Draft, place: Place, report: Report): void {
  const taken = new Set([
    ...[...draft.queries.values()].flatMap(({ metrics }) =>
      [...metrics.values()].flatMap(({ keys }) => labelsOf(keys)),
    ),
    ...[...draft.targets.values()].flatMap(({ keys }) => Object.keys(keys.labels ?? {})),
  ]);
  const label = draft.targetLabel ?? DEFAULT_TARGET_LABEL;
  if (label === '' || !taken.has(label)) return;
  draft.targetLabel = uniqueName(`${label}_name`, taken);
  report.note(
    { place, path: [] },
    `the label "${label}" is one of a metric: "${draft.targetLabel}" names the target`,
    draft.notes,
  );
}

/** A target and a group cannot have one name. */
function separateGroups(draft: Draft, place: Place, report: Report): void {
  const groups = new Set([...draft.targets.values()].flatMap(({ keys }) => keys.groups ?? []));
  for (const group of groups) {
    if (!draft.targets.has(group)) continue;
    const other = uniqueName(`${group}_group`, { has: (name) => draft.targets.has(name) || groups.has(name) });
    const rename = (names: readonly string[]) => names.map((name) => (name === group ? other : name));
    for (const { keys } of draft.targets.values()) if (keys.groups !== undefined) keys.groups = rename(keys.groups);
    for (const { keys } of draft.queries.values()) if (keys.targets !== undefined) keys.targets = rename(keys.targets);
    report.note({ place, path: [] }, `"${group}" is a target and a group: the group is called "${other}"`, draft.notes);
  }
}

/** Each password gets a file: one for all where there is one, else one that is named after its target. */
function placePasswords(draft: Draft, place: Place, report: Report): void {
  const secrets = new Set([...draft.targets.values()].flatMap(({ secret }) => (secret === null ? [] : [secret])));
  const files = new Map<string, string>();
  for (const [name, { secret, keys, notes }] of draft.targets) {
    if (secret === null) continue;
    let file = files.get(secret);
    if (file === undefined) {
      const stem = secrets.size === 1 ? 'db' : name.replace(/[^\w.-]/g, '_');
      file = uniqueName(`${stem}_password`, { has: (taken) => [...files.values()].includes(taken) });
      files.set(secret, file);
      const text = `the password stood in the source: write it to the file ${file}, readable by the exporter alone`;
      report.note({ place, path: ['targets', name] }, text, notes);
    }
    keys.password_file = file;
  }
}
