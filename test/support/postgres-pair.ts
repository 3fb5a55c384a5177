import { until } from './daemon.ts';
import { type Postgres, type PostgresOptions, startPostgres } from './postgres.ts';

export interface PostgresPair extends AsyncDisposable {
  readonly primary: Postgres;
  /** It is called `standby` and has replayed what the primary wrote. */
  readonly standby: Postgres;
}

/** A primary and its hot standby. Both begin with the same data folder, so that no copy has to be made of one at work. */
export async function startPostgresPair(options: PostgresOptions = {}): Promise<PostgresPair> {
  const primary = await startPostgres({ hba: ['local replication postgres trust'], ...options });
  let standby: Postgres | null = null;
  try {
    const source = `host=${primary.socketFolder} port=${primary.port} user=postgres application_name=standby`;
    standby = await startPostgres({ isStandby: true, settings: { primary_conninfo: source } });
    // A transaction whose replay has a time.
    await primary.query('CREATE TABLE replicated AS SELECT 1 AS n');
    await until('the standby to have replayed everything', 30_000, async () => {
      const [row] = await primary.query(
        'SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()',
      );
      return row?.[0] === '1' ? true : undefined;
    });
    return {
      primary,
      standby,
      [Symbol.asyncDispose]: async () => {
        await standby?.[Symbol.asyncDispose]();
        await primary[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await standby?.[Symbol.asyncDispose]();
    await primary[Symbol.asyncDispose]();
    throw error;
  }
}
