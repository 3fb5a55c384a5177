import type { Mapping } from '../../config/tree.ts';
import { albertodonato } from './albertodonato.ts';
import { burningalchemist } from './burningalchemist.ts';
import { looksLikeCustomQueries } from './custom-queries.ts';
import { goGywn } from './go-gywn.ts';
import { justwatch } from './justwatch.ts';
import { percona } from './percona.ts';
import { postgresExporter } from './postgres-exporter.ts';
import type { Format } from './source-format.ts';
import { guessEngine } from './statement.ts';

/** Every format that is converted. Another one is a file beside these and a line here. */
export const FORMATS: readonly Format[] = [
  goGywn,
  albertodonato,
  burningalchemist,
  justwatch,
  percona,
  postgresExporter,
];

/** The format of a peer's file; null: it is none that is known, as our own. */
export function recognisePeer(root: Mapping): Format | null {
  // Two exporters share one format: what the statements look like says which it is.
  if (looksLikeCustomQueries(root)) return guessEngine(statementsOf(root)) === 'mysql' ? percona : postgresExporter;
  return FORMATS.find(({ recognises }) => recognises(root)) ?? null;
}

function statementsOf(root: Mapping): readonly string[] {
  return Array.from(root.entries.values()).flatMap(({ value }) => {
    const query = value.kind === 'mapping' ? value.entries.get('query')?.value : undefined;
    return query?.kind === 'scalar' ? [query.source] : [];
  });
}
