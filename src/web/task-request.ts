import { quote } from '../language/quote.ts';

export type TaskRequest = { readonly query: string; readonly target: string } | { readonly problem: string };

/** Reads `?query=orders&target=prod01`, each of them once. */
export function readTaskRequest(url: string): TaskRequest {
  const [path, search = ''] = url.split('?', 2);
  const parameters = new URLSearchParams(search);
  for (const name of parameters.keys()) {
    if (name !== 'query' && name !== 'target') return { problem: `unknown parameter ${quote(name, 64)}` };
  }
  const [query, ...otherQueries] = parameters.getAll('query');
  const [target, ...otherTargets] = parameters.getAll('target');
  if (query === undefined || target === undefined || otherQueries.length + otherTargets.length > 0) {
    return { problem: `expected one query and one target: ${path}?query=NAME&target=NAME` };
  }
  return { query, target };
}

/** What is read by it, and by the metrics page, which then shows the task's own samples. */
export function taskSearch(query: string, target: string): string {
  return `?${new URLSearchParams({ query, target })}`;
}
