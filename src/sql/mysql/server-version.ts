import type { Release } from '../../model/server-facts.ts';

/** What is told apart by version, with the name that people know. */
export const PRODUCTS = { mysql: 'MySQL', mariadb: 'MariaDB' } as const;

/** What a server calls itself, such as `11.4.2-MariaDB-log` and `Debian 12`. */
export interface ServerVersion {
  readonly version: string;
  readonly comment: string;
}

export function isMariadb({ version, comment }: ServerVersion): boolean {
  return /mariadb/i.test(version) || /mariadb/i.test(comment);
}

/** In words and for comparing: `MariaDB 10.11.6`, `MySQL 8.4.2`. */
export function describeServer(server: ServerVersion): { readonly version: string; readonly release: Release } {
  const product = isMariadb(server) ? 'mariadb' : 'mysql';
  // MariaDB puts 5.5.5 in front so that old replicas do not stumble over a two-digit number.
  const number = /^\d+(?:\.\d+)*/.exec(server.version.replace(/^5\.5\.5-(?=\d)/, ''))?.[0];
  return {
    version: `${PRODUCTS[product]} ${number ?? server.version}`,
    release: { product, numbers: number?.split('.').map(Number) ?? [] },
  };
}
