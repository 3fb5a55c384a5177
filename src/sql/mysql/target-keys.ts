import type { KeyWords } from '../../language/key-words.ts';

/** The keys of a target that only this engine takes. */
export const mysqlKeys = ({ key, bool, nonEmptyText }: KeyWords) => ({
  defaults_file: key(
    nonEmptyText('a path'),
    { secrecy: 'hidden', inSamples: true },
    'MySQL option file whose [client] section gives user, password, host, port, socket, database and ssl-* options; ' +
      'keys of the target replace them. Relative as `password_file`.',
  ),
  slow_log: key(
    bool(),
    { secrecy: 'shown', inSamples: false },
    'false asks the server to leave our statements out of its slow query log. Default: true.',
  ),
});

/** Their values, as checked. */
export interface MysqlEntry {
  readonly defaults_file?: string;
  readonly slow_log?: boolean;
}
