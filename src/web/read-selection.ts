import { didYouMean, Suggestions } from '../config/suggestion.ts';
import { quote } from '../language/quote.ts';
import type { Selection } from '../model/page.ts';

/** `collect[]` is the word of mysqld_exporter and others for asking for one collector. */
const KINDS = { query: 'queries', target: 'targets', group: 'groups', collect: 'collectors' } as const;
const PARAMETERS = new Map(Object.entries(KINDS).flatMap(([name, kind]) => [name, `${name}[]`].map((p) => [p, kind])));

export type Asked =
  | { readonly kind: 'all' }
  | { readonly kind: 'some'; readonly selection: Selection }
  /** A parameter that is none of ours: what it was to narrow would be left as it is, in silence. */
  | { readonly kind: 'wrong'; readonly problem: string };

/** Reads `?query[]=a&target[]=b`, also without the brackets, from a request's URL. */
export function readSelection(url: string): Asked {
  const start = url.indexOf('?');
  if (start < 0) return { kind: 'all' };

  const selection: Record<keyof Selection, string[]> = { queries: [], targets: [], groups: [], collectors: [] };
  for (const [name, value] of new URLSearchParams(url.slice(start))) {
    const kind = PARAMETERS.get(name);
    if (kind === undefined) return { kind: 'wrong', problem: describeUnknown(name) };
    selection[kind].push(value);
  }
  const isEmpty = Object.values(selection).every((names) => names.length === 0);
  return isEmpty ? { kind: 'all' } : { kind: 'some', selection };
}

function describeUnknown(name: string): string {
  const nearest = new Suggestions().nearest(name, PARAMETERS.keys());
  const known = [...PARAMETERS.keys()].filter((parameter) => parameter.endsWith('[]')).join(', ');
  return `unknown parameter ${quote(name, 64)}${didYouMean(nearest) || `, expected one of ${known}`}`;
}
