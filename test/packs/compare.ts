import { parseExposition, type Series, toText } from './exposition.ts';

/** What another exporter gives and ours does not, and why. */
export interface Difference {
  /** Matches whole names. */
  readonly name: string;
  /** Only series with these labels. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly reason: string;
}

export interface Comparison {
  /** Series of theirs that are not in ours and stand in no difference. */
  readonly missing: readonly string[];
  /** Families whose type differs, other than where theirs is untyped. */
  readonly types: readonly string[];
  /** Differences that were met. */
  readonly met: ReadonlySet<Difference>;
}

/**
 * Looks for each series of their exposition in ours. A series of ours may have more labels, such as that of the target;
 * `server`, the address that postgres_exporter adds, is not looked for. Values are not compared.
 */
export function compareExpositions(theirs: string, ours: string, differences: readonly Difference[]): Comparison {
  const wanted = parseExposition(theirs);
  const given = parseExposition(ours);
  const byName = new Map<string, Series[]>();
  for (const series of given.series) {
    const others = byName.get(series.name);
    if (others === undefined) byName.set(series.name, [series]);
    else others.push(series);
  }
  const missing: string[] = [];
  const met = new Set<Difference>();
  for (const series of wanted.series) {
    if ((byName.get(series.name) ?? []).some(({ labels }) => hasLabels(labels, series.labels))) continue;
    const difference = differences.find((candidate) => isAbout(candidate, series));
    if (difference === undefined) missing.push(toText(series));
    else met.add(difference);
  }
  const types: string[] = [];
  for (const [name, type] of wanted.types) {
    const ourType = given.types.get(name);
    if (ourType !== undefined && type !== 'untyped' && type !== ourType) types.push(`${name}: ${ourType}, not ${type}`);
  }
  return { missing, types, met };
}

function hasLabels(labels: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): boolean {
  return [...wanted].every(([label, value]) => label === 'server' || labels.get(label) === value);
}

function isAbout({ name, labels = {} }: Difference, series: Series): boolean {
  if (!new RegExp(`^(?:${name})$`).test(series.name)) return false;
  return Object.entries(labels).every(([label, value]) => series.labels.get(label) === value);
}
