import { checkLabelName } from '../language/names.ts';
import { quote } from '../language/quote.ts';
import type { Target } from '../model/plan.ts';
import type { Context } from './context.ts';
import type { MetricEntry } from './metric-schema.ts';
import type { Path } from './path.ts';
import type { Targets } from './targets.ts';

/** Label names that are taken on every sample of these targets, each with what takes it. */
export function reservedLabels(selected: readonly Target[], targets: Targets): ReadonlyMap<string, string> {
  const reserved = new Map<string, string>();
  for (const target of selected) {
    for (const label of Object.keys(target.labels)) {
      if (!reserved.has(label)) reserved.set(label, `the target ${quote(target.name)} has a label of this name`);
    }
  }
  if (targets.label !== null) reserved.set(targets.label, 'the target label has this name');
  return reserved;
}

/** Says which label names of a metric are none, or are there twice. */
export function checkLabels(
  path: Path,
  entry: MetricEntry,
  reserved: ReadonlyMap<string, string>,
  { document }: Context,
): void {
  const seen = new Set<string>();
  const isListed = Array.isArray(entry.labels);
  for (const [step, label] of labelSteps(entry)) {
    const labelPath = [...path, 'labels', step];
    if (document.isWrong(labelPath)) continue;
    let problem = checkLabelName(label) ?? reserved.get(label) ?? null;
    if (seen.has(label)) problem = 'this label is listed already';
    if (problem !== null && isListed) document.refuse(labelPath, `${quote(label)}: ${problem}`);
    else if (problem !== null) document.refuseKey(labelPath, problem);
    else if (OF_PROMETHEUS.has(label)) document.warnKey(labelPath, renamed(label));
    seen.add(label);
  }
  for (const label of Object.keys(entry.static_labels ?? {})) {
    let problem = checkLabelName(label) ?? reserved.get(label) ?? null;
    if (seen.has(label)) problem = 'a column of "labels" has this name';
    if (problem !== null) document.refuseKey([...path, 'static_labels', label], problem);
    else if (OF_PROMETHEUS.has(label)) document.warnKey([...path, 'static_labels', label], renamed(label));
  }
  const { value_label: own } = entry;
  if (own === undefined) return;
  let problem = checkLabelName(own) ?? reserved.get(own) ?? null;
  if (seen.has(own)) problem = 'a column of "labels" has this name';
  if (Object.hasOwn(entry.static_labels ?? {}, own)) problem = 'a static label has this name';
  if (problem !== null) document.refuse([...path, 'value_label'], problem);
}

/** Prometheus gives these to every series that it scrapes. */
const OF_PROMETHEUS: ReadonlySet<string> = new Set(['instance', 'job']);

function renamed(label: string): string {
  return `${quote(label)} is a label that Prometheus sets itself: unless it is told honor_labels, it renames this one to exported_${label}`;
}

/** Each label with the key or the position in the list by which it is given. */
function labelSteps({ labels = [] }: MetricEntry): Iterable<readonly [string | number, string]> {
  return Array.isArray(labels) ? labels.entries() : Object.keys(labels).map((label) => [label, label] as const);
}
