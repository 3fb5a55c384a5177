import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { repositoryRoot } from '../support/tools.ts';
import { compareExpositions, type Difference } from './compare.ts';
import { askMysqldExporter, askPostgresExporter, PASSWORD } from './exporters.ts';
import { type MariadbPair, startMariadbPair, startOldMysql } from './mysql-servers.ts';
import { type PostgresPair, startPostgresPair } from './postgres-pair.ts';

/** The exporter with one configuration, once every query has had its first outcome. */
export interface Running extends AsyncDisposable {
  /** As `127.0.0.1:9104`. */
  readonly address: string;
}

export type Start = (configuration: string) => Promise<Running>;

type Exporter = 'mysqld_exporter' | 'mysqld_exporter on MySQL 5.6' | 'postgres_exporter';

export const MYSQL_PACKS = 'mysql, mysql-tables, mysql-statements, mysql-innodb, mysql-users, mysql-replication';

/** Every series of the exporters that the packs replace is there on the same servers, or stands in differences.yml. */
export function describeParity(start: Start): void {
  const file = join(repositoryRoot(), 'test', 'packs', 'differences.yml');
  const differences = parse(readFileSync(file, 'utf8')) as Readonly<Record<Exporter, readonly Difference[]>>;
  const met = new Set<Difference>();

  function compare(exporters: readonly Exporter[], theirs: string, ours: string): void {
    const result = compareExpositions(
      theirs,
      ours,
      exporters.flatMap((exporter) => differences[exporter]),
    );
    for (const difference of result.met) met.add(difference);
    assert.deepEqual(result.missing, []);
    assert.deepEqual(result.types, []);
  }

  async function expositionOf(configuration: string): Promise<string> {
    await using running = await start(configuration);
    return (await fetch(`http://${running.address}/metrics`)).text();
  }

  const mysql = (user: string, port: number, packs: string): Promise<string> =>
    expositionOf(mysqlConfiguration(user, port, packs));

  const postgres = (port: number): Promise<string> => expositionOf(postgresConfiguration(port));

  describe('packs beside mysqld_exporter', () => {
    let pair: MariadbPair;
    before(async () => {
      pair = await startMariadbPair();
    });
    after(() => pair[Symbol.asyncDispose]());

    for (const role of ['primary', 'replica'] as const) {
      it(`the pack mysql gives what its default collectors give on a MariaDB ${role}`, async () => {
        const { port } = pair[role];
        const theirs = await askMysqldExporter(port, 'monitor', 'default');
        compare(['mysqld_exporter'], theirs, await mysql('monitor', port, 'mysql'));
      });

      it(`all packs give what all its collectors give on a MariaDB ${role}`, async () => {
        const { port } = pair[role];
        const theirs = await askMysqldExporter(port, 'everything', 'all');
        compare(['mysqld_exporter'], theirs, await mysql('everything', port, MYSQL_PACKS));
      });
    }

    it('the packs give what they can on MySQL 5.6', async () => {
      await using server = await startOldMysql();
      const theirs = await askMysqldExporter(server.port, 'everything', 'all');
      const ours = await mysql('everything', server.port, MYSQL_PACKS);
      compare(['mysqld_exporter', 'mysqld_exporter on MySQL 5.6'], theirs, ours);
    });
  });

  describe('packs beside postgres_exporter', () => {
    let pair: PostgresPair;
    before(async () => {
      pair = await startPostgresPair();
    });
    after(() => pair[Symbol.asyncDispose]());

    it('the packs give what it gives on a primary', async () => {
      const { port } = pair.primary;
      const theirs = await askPostgresExporter(port, 'monitor', 'postgres');
      compare(['postgres_exporter'], theirs, await postgres(port));
    });

    it('the packs give what it gives on a standby', async () => {
      const theirs = await askPostgresExporter(pair.standbyPort, 'monitor', 'postgres');
      compare(['postgres_exporter'], theirs, await postgres(pair.standbyPort));
    });
  });

  it('every difference that is listed was met', () => {
    const unmet = Object.values(differences)
      .flat()
      .filter((difference) => !met.has(difference));
    assert.deepEqual(unmet, []);
  });
}

export function mysqlConfiguration(user: string, port: number, packs: string): string {
  return `dsn: ${user}:${PASSWORD}@tcp(127.0.0.1:${port})/\npacks: [${packs}]\n`;
}

export function postgresConfiguration(port: number): string {
  return `dsn: postgres://monitor:${PASSWORD}@127.0.0.1:${port}/postgres\npacks: [postgres, postgres-tables]\n`;
}
