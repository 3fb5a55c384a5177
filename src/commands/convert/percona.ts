import { convertCustomQueries, looksLikeCustomQueries } from './custom-queries.ts';
import type { Format, Source } from './source-format.ts';

/** How often PMM asks, by the folder that a file of queries stands in. */
const RESOLUTIONS: readonly (readonly [RegExp, number])[] = [
  [/(?:^|[/\\])(?:high-resolution|hr)[/\\]/, 5_000],
  [/(?:^|[/\\])(?:medium-resolution|mr)[/\\]/, 10_000],
  [/(?:^|[/\\])(?:low-resolution|lr)[/\\]/, 60_000],
];

/** The custom queries of Percona's mysqld_exporter. */
export const percona: Format = {
  name: 'percona',
  title: "custom queries of Percona's mysqld_exporter",
  tags: [],
  recognises: looksLikeCustomQueries,
  convert: (sources, conversion) => {
    const draft = convertCustomQueries(
      sources,
      conversion,
      { engine: 'mysql', readOptions: () => ({}), intervalOf },
      'mysql',
      'monitor@tcp(127.0.0.1:3306)/',
    );
    // Its samples have no label that names the server.
    draft.targetLabel = '';
    return draft;
  },
};

function intervalOf({ name }: Source): number | null {
  return RESOLUTIONS.find(([folder]) => folder.test(name))?.[1] ?? null;
}
