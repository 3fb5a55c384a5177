import type { Findings } from './findings.ts';
import { formatPlace } from './place.ts';
import type { Entry, Mapping } from './tree.ts';

/** What several files may each say a part of. */
const UNITED_KEYS: ReadonlySet<string> = new Set(['defaults', 'targets', 'packs', 'queries', 'metrics']);

/** One configuration from several files. A key that two files give is an error at the second. */
export function uniteFiles(first: Mapping, others: readonly Mapping[], findings: Findings): Mapping {
  if (others.length === 0) return first;
  const united = new Map(first.entries);
  for (const { entries } of others) {
    for (const [key, entry] of entries) {
      const earlier = united.get(key);
      united.set(key, earlier === undefined ? entry : unite(key, earlier, entry, findings));
    }
  }
  return { ...first, entries: united };
}

function unite(key: string, earlier: Entry, later: Entry, findings: Findings): Entry {
  const [a, b] = [earlier.value, later.value];
  if (!UNITED_KEYS.has(key) || a.kind !== 'mapping' || b.kind !== 'mapping') {
    findings.add(later.keyPlace, [key], `was given already at ${formatPlace(earlier.keyPlace)}`);
    return earlier;
  }
  const entries = new Map(a.entries);
  for (const [name, entry] of b.entries) {
    const given = entries.get(name);
    if (given === undefined) entries.set(name, entry);
    else findings.add(entry.keyPlace, [key, name], `was given already at ${formatPlace(given.keyPlace)}`);
  }
  return { keyPlace: earlier.keyPlace, value: { ...a, entries } };
}
