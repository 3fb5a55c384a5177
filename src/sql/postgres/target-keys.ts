import { key } from '../../language/keys.ts';
import { list, nonEmptyText, text } from '../../language/values.ts';

/** The keys of a target that only this engine takes. */
export const postgresKeys = {
  databases: key(
    list(nonEmptyText('a database'), 'a list of databases'),
    { secrecy: 'hidden', inSamples: true },
    'Several databases of one server, instead of `database`: each is a target `NAME:DATABASE` in a group `NAME`, and its ' +
      'samples carry the label `database`.',
  ),
  database_label: key(
    text('a label name, or ""'),
    { secrecy: 'shown', inSamples: true },
    'Another name for the label of `databases`; "" for none.',
  ),
};

/** Their values, as checked. */
export interface PostgresEntry {
  readonly databases?: readonly string[];
  readonly database_label?: string;
}
