import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { until } from '../support/daemon.ts';
import { startPrometheus } from '../support/prometheus.ts';
import { repositoryRoot } from '../support/tools.ts';
import { startMariadbPair } from './mysql-servers.ts';
import { MYSQL_PACKS, mysqlConfiguration, postgresConfiguration, type Start } from './parity-suite.ts';
import { startPostgresPair } from './postgres-pair.ts';

interface Dashboards {
  readonly 'mysqld-mixin': Readonly<Record<'selectors' | 'replica' | 'heartbeat', readonly string[]>>;
  readonly 'postgres-mixin': Readonly<Record<'selectors', readonly string[]>>;
}

/** A Prometheus that scrapes the packs has a series for what dashboards and alerts select. */
export function describeDashboards(start: Start): void {
  const file = join(repositoryRoot(), 'test', 'packs', 'dashboards.yml');
  const dashboards = parse(readFileSync(file, 'utf8')) as Dashboards;

  async function expectSeries(configuration: string, selectors: readonly string[]): Promise<void> {
    await using running = await start(configuration);
    await using prometheus = await startPrometheus({ targets: [running.address] });
    await prometheus.waitForTargetUp(running.address);
    // A target is up a moment before what was scraped can be asked for.
    await until('the first scrape to be stored', 30_000, async () => {
      return (await prometheus.query('scrape_samples_scraped > 0')).length > 0 || undefined;
    });
    const empty: string[] = [];
    for (const selector of selectors) if ((await prometheus.query(selector)).length === 0) empty.push(selector);
    assert.deepEqual(empty, []);
  }

  describe('Prometheus with the packs has what dashboards and alerts select', () => {
    it('of a MariaDB primary and its replica', async () => {
      await using pair = await startMariadbPair();
      const { selectors, replica, heartbeat } = dashboards['mysqld-mixin'];
      const primary = mysqlConfiguration('everything', pair.primary.port, MYSQL_PACKS);
      await expectSeries(primary, [...selectors, ...heartbeat]);
      await expectSeries(mysqlConfiguration('monitor', pair.replica.port, 'mysql'), [...selectors, ...replica]);
    });

    it('of PostgreSQL', async () => {
      await using pair = await startPostgresPair();
      await expectSeries(postgresConfiguration(pair.primary.port), dashboards['postgres-mixin'].selectors);
    });
  });
}
