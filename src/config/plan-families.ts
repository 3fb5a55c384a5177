import { quote } from '../language/quote.ts';
import { METRIC_KINDS } from '../model/metric-kind.ts';
import type { Family, Target, TaskMetric, When } from '../model/plan.ts';
import type { LabelName, MetricName } from '../model/words.ts';
import { excludeEachOther } from '../sql/applies.ts';
import type { Definition } from './definitions.ts';
import type { ConfigDocument } from './document.ts';
import { formatPath } from './path.ts';

/** What one task contributes to a family, with where it was defined. */
export interface Contribution {
  readonly definition: Definition;
  readonly metric: TaskMetric;
  readonly target: Target;
  readonly when: When | null;
}

type Group = readonly [Contribution, ...Contribution[]];

/** The families that the contributions make, by name; checks that contributions to one family go together. */
export function planFamilies(contributions: readonly Contribution[], document: ConfigDocument): Family[] {
  const byName = groupBy(contributions, ({ definition }) => definition.name);
  refuseSharedLines(byName, document);
  const families = Array.from(byName, ([name, siblings]) => planFamily(name, siblings, document));
  return families.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function planFamily(name: MetricName, contributions: Group, document: ConfigDocument): Family {
  const definitions = [...new Set(contributions.map(({ definition }) => definition))];
  const [first] = definitions as [Definition];
  const described = definitions.find(({ description }) => description !== null) ?? first;
  let agree = true;
  for (const definition of definitions) {
    const problem = disagreement(definition, first, described, document);
    if (problem === null) continue;
    document.refuseKey(definition.path, problem);
    agree = false;
  }
  if (agree) refuseCollisions(contributions, document);
  const labelNames = new Set<string>();
  for (const definition of definitions) for (const label of varyingLabels(definition)) labelNames.add(label);
  for (const { metric } of contributions) for (const label in metric.constantLabels) labelNames.add(label);
  return {
    name,
    type: first.type,
    help: described.description ?? `${sourceOf(first)} of the query ${first.query}, polled in the background.`,
    labelNames: [...labelNames].sort() as LabelName[],
  };
}

/** Labels that differ from sample to sample. */
function varyingLabels({ shape: { labels, samples } }: Definition): readonly string[] {
  const ofSamples = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
  return [...labels.map(({ label }) => label), ...ofSamples];
}

/** For a HELP that nobody wrote. */
function sourceOf({ shape: { samples } }: Definition): string {
  const columns = new Set(samples.flatMap(({ value }) => (value.kind === 'column' ? [value.columns[0]] : [])));
  if (columns.size === 0) return 'Rows';
  return `Column${columns.size === 1 ? '' : 's'} ${[...columns].join(', ')}`;
}

/** A histogram has lines of other names than its own, which may be those of another metric. */
function refuseSharedLines(byName: ReadonlyMap<MetricName, Group>, document: ConfigDocument): void {
  for (const [name, [{ definition }]] of byName) {
    for (const suffix of METRIC_KINDS[definition.type].suffixes) {
      const other = byName.get(`${name}${suffix}` as MetricName)?.[0].definition;
      if (other === undefined || other.name === name) continue;
      const isLater = document.compareKeys(definition.path, other.path) > 0;
      const [earlier, later] = isLater ? [other, definition] : [definition, other];
      document.refuseKey(later.path, `has lines of the same name, ${other.name}, as ${placed(earlier, document)}`);
    }
  }
}

function disagreement(
  definition: Definition,
  first: Definition,
  described: Definition,
  document: ConfigDocument,
): string | null {
  if (definition.type !== first.type) return `${placed(first, document)} defines this metric as a ${first.type}`;
  if (labelsOf(definition) !== labelsOf(first)) {
    return `${placed(first, document)} defines this metric with ${labelsOf(first) || 'no labels'}`;
  }
  if (boundsOf(definition) !== boundsOf(first)) {
    return `${placed(first, document)} defines this metric with the bounds ${boundsOf(first)}`;
  }
  if (definition.description !== null && definition.description !== described.description) {
    return `${placed(described, document)} defines this metric with another description`;
  }
  return null;
}

function labelsOf(definition: Definition): string {
  // Every histogram has the label of its bounds, which are compared by themselves.
  const varying = varyingLabels(definition).filter((label) => label !== 'le');
  const names = [...varying, ...Object.keys(definition.staticLabels)].sort();
  return names.length === 0 ? '' : `the labels ${names.join(', ')}`;
}

/** Of a histogram; empty for any other metric. */
function boundsOf({ shape: { samples } }: Definition): string {
  return samples.flatMap(({ labels }) => labels['le'] ?? []).join(', ');
}

function placed({ path }: Definition, document: ConfigDocument): string {
  return `${formatPath(path)} (${document.formatKeyPlace(path)})`;
}

/**
 * Two tasks may give the same series unless some label is constant on both and differs, or they are never of use to one
 * target at one time. Contributions with the same columns are compared by their constants as a whole; only different sets
 * of columns need to be compared in pairs.
 */
function refuseCollisions(contributions: readonly Contribution[], document: ConfigDocument): void {
  const definitions = new Set(contributions.map(({ definition }) => definition));
  const keys = new Map(Array.from(definitions, (one) => [one, varyingLabels(one).toSorted().join(',')]));
  const byColumns = groupBy(contributions, ({ definition }) => keys.get(definition) ?? '');
  const said = new Set<Definition>();
  const groups = [...byColumns.values()];
  for (const [index, group] of groups.entries()) {
    for (const other of groups.slice(index)) refuseCollisionsBetween(group, other, said, document);
  }
}

function refuseCollisionsBetween(group: Group, other: Group, said: Set<Definition>, document: ConfigDocument): void {
  const variable = new Set<string>();
  for (const [{ definition }] of [group, other]) {
    for (const label of varyingLabels(definition)) variable.add(label);
  }
  const seen = new Map<string, Contribution[]>();
  for (const contribution of group) {
    const key = constantsKey(contribution, variable);
    const alike = seen.get(key) ?? [];
    seen.set(key, alike);
    const twin = twinOf(contribution, alike);
    if (twin === undefined) alike.push(contribution);
    else if (group === other) refuseCollision(twin, contribution, said, document);
  }
  if (group === other) return;
  for (const contribution of other) {
    const twin = twinOf(contribution, seen.get(constantsKey(contribution, variable)) ?? []);
    if (twin !== undefined) refuseCollision(twin, contribution, said, document);
  }
}

/** Of those with the same constants, one that may stand beside it at one time. */
function twinOf({ target, when }: Contribution, alike: readonly Contribution[]): Contribution | undefined {
  return alike.find((other) => other.target !== target || !excludeEachOther(other.when, when));
}

/** A label that is empty is a label that is not there. */
function constantsKey({ metric }: Contribution, variable: ReadonlySet<string>): string {
  const constants = Object.entries(metric.constantLabels).filter(
    ([name, value]) => value !== '' && !variable.has(name),
  );
  return JSON.stringify(constants.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Says one collision of each definition: others of its tasks collide for the same reason. */
function refuseCollision(
  first: Contribution,
  second: Contribution,
  said: Set<Definition>,
  document: ConfigDocument,
): void {
  const isLater = document.compareKeys(first.definition.path, second.definition.path) > 0;
  const [earlier, later] = isLater ? [second, first] : [first, second];
  if (said.has(later.definition)) return;
  said.add(later.definition);
  const targets = [earlier, later].map(({ target }) => quote(target.name));
  const exclude = first.when === null || second.when === null ? '' : ', or their "when" exclude each other';
  const text =
    earlier.definition === later.definition
      ? `the targets ${targets.join(' and ')} could give the same series: no label tells them apart; set target_label or labels of the targets`
      : `could give the same series as ${placed(earlier.definition, document)}; let their targets or a static label differ${exclude}`;
  document.refuseKey(later.definition.path, text);
}

function groupBy<Key extends string>(
  contributions: readonly Contribution[],
  keyOf: (contribution: Contribution) => Key,
): Map<Key, Group> {
  const groups = new Map<Key, [Contribution, ...Contribution[]]>();
  for (const contribution of contributions) {
    const key = keyOf(contribution);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [contribution]);
    else group.push(contribution);
  }
  return groups;
}
