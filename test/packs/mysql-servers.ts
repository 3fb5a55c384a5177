import { startMysql } from '../compatibility/mysql-server.ts';
import { until } from '../support/daemon.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { PASSWORD } from './exporters.ts';

/** Users with no more than the packs need: `monitor` for the pack mysql alone, `everything` for all of them. */
const USERS = [
  `CREATE USER monitor@'%' IDENTIFIED BY '${PASSWORD}'`,
  `GRANT PROCESS, SLAVE MONITOR ON *.* TO monitor@'%'`,
  `CREATE USER everything@'%' IDENTIFIED BY '${PASSWORD}'`,
  // BINLOG MONITOR is for binlog_size of mysqld_exporter alone, which then stands among the differences.
  `GRANT PROCESS, SELECT, SLAVE MONITOR, REPLICATION MASTER ADMIN, BINLOG MONITOR ON *.* TO everything@'%'`,
];

const DATA = [
  'CREATE DATABASE shop',
  'CREATE TABLE shop.fruit (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20), KEY (name))',
  `INSERT INTO shop.fruit (name) VALUES ('apple'), ('pear')`,
  'CREATE TABLE shop.box (id BIGINT AUTO_INCREMENT PRIMARY KEY) ENGINE=MyISAM',
  'CREATE DATABASE heartbeat',
  'CREATE TABLE heartbeat.heartbeat (ts VARCHAR(26) NOT NULL, server_id INT UNSIGNED NOT NULL PRIMARY KEY)',
  `INSERT INTO heartbeat.heartbeat VALUES ('2026-01-31T12:00:00.001000', 1)`,
];

export interface MariadbPair extends AsyncDisposable {
  readonly primary: Mariadb;
  readonly replica: Mariadb;
}

/** A primary and a replica that has caught up, with the performance schema and statistics of users. */
export async function startMariadbPair(): Promise<MariadbPair> {
  const flags = (id: number): string[] => [
    '--performance-schema=ON',
    '--userstat=ON',
    '--log-bin=binlog',
    `--server-id=${id}`,
    `--report-host=db${id}`,
  ];
  const primary = await startMariadb({ flags: flags(1) });
  const replica = await startMariadb({ flags: flags(2) });
  for (const server of [primary, replica]) for (const sql of USERS) await server.query(sql);
  await primary.query(`CREATE USER replica@'%' IDENTIFIED BY '${PASSWORD}'`);
  await primary.query(`GRANT REPLICATION SLAVE ON *.* TO replica@'%'`);
  const [place] = await primary.query('SHOW MASTER STATUS');
  const { File: file, Position: position } = place ?? {};
  for (const sql of DATA) await primary.query(sql);
  await replica.query(
    `CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${primary.port}, MASTER_USER = 'replica',
     MASTER_PASSWORD = '${PASSWORD}', MASTER_LOG_FILE = '${String(file)}', MASTER_LOG_POS = ${Number(position)}`,
  );
  await replica.query('START SLAVE');
  await until('the replica to catch up', 30_000, async () => {
    const [row] = await replica.query(
      `SELECT COUNT(*) AS n FROM information_schema.TABLES WHERE TABLE_NAME = 'heartbeat' AND TABLE_ROWS = 1`,
    );
    return Number(row?.['n']) === 1 || undefined;
  });
  return {
    primary,
    replica,
    [Symbol.asyncDispose]: async () => {
      await replica[Symbol.asyncDispose]();
      await primary[Symbol.asyncDispose]();
    },
  };
}

/** Most queries are not applicable to it. */
export async function startOldMysql(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = await startMysql();
  await server.query(`CREATE USER everything@'%' IDENTIFIED BY '${PASSWORD}'`);
  await server.query(`GRANT PROCESS, SELECT, REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO everything@'%'`);
  return server;
}
