import type { Selection } from '../model/page.ts';

/** `collect[]` is the word of mysqld_exporter and others for asking for one collector. */
const PARAMETERS = { query: 'queries', target: 'targets', group: 'groups', collect: 'collectors' } as const;

/**
 * Reads `?query[]=a&target[]=b`, also without the brackets, from a request's URL. Null: the URL restricts nothing.
 * Parameters of other names are left to whoever put them there.
 */
export function readSelection(url: string): Selection | null {
  const start = url.indexOf('?');
  if (start < 0) return null;

  const parameters = new URLSearchParams(url.slice(start));
  const selection = { queries: [], targets: [], groups: [], collectors: [] } satisfies Selection as Record<
    keyof Selection,
    string[]
  >;
  for (const [name, kind] of Object.entries(PARAMETERS)) {
    selection[kind].push(...parameters.getAll(`${name}[]`), ...parameters.getAll(name));
  }
  return Object.values(selection).every((names) => names.length === 0) ? null : selection;
}

/** The address that shows one task's own samples, to be read by {@link readSelection}. */
export function taskSearch(query: string, target: string): string {
  return `?${new URLSearchParams({ 'query[]': query, 'target[]': target })}`;
}
