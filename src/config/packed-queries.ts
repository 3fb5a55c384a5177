import type { Path } from './path.ts';

/** A query that came of a pack. */
export interface PackedQuery {
  /** The word of the engine on whose targets it runs. */
  readonly engine: string;
  /** Where the user asked for the pack. */
  readonly path: Path;
  /** Keys that the user wrote, with the path of what they stand in. */
  readonly own: ReadonlyMap<string, Path>;
}

/** What of the queries of a configuration came of packs, so that every message is about what the user wrote. */
export class PackedQueries {
  readonly #queries: ReadonlyMap<string, PackedQuery>;

  constructor(queries: ReadonlyMap<string, PackedQuery> = new Map()) {
    this.#queries = queries;
  }

  /** Null: the user wrote the query. */
  at(path: Path): PackedQuery | null {
    return (path[0] === 'queries' && this.#queries.get(String(path[1]))) || null;
  }

  /** Where the user wrote what stands at a path, or asked for the pack that brought it. */
  writtenPath(path: Path): Path {
    const query = this.at(path);
    if (query === null) return path;
    const [, , key, ...rest] = path;
    const own = key === undefined ? undefined : query.own.get(String(key));
    return own === undefined || key === undefined ? query.path : [...own, key, ...rest];
  }

  /** Whether it stands in the file of a pack, where nobody can change it. */
  isShipped(path: Path): boolean {
    const query = this.at(path);
    return query !== null && !query.own.has(String(path[2]));
  }
}
