import { createFolder, Daemon, removeFolder } from '../../test/support/daemon.ts';
import type { Mariadb } from '../../test/support/mariadb.ts';
import { configOf, dsnOf, exporterProgram, ordersQuery, readTasks } from './exporter.ts';
import { DATABASE } from './orders.ts';
import { nodeProgram, type Program, type Service, startService } from './service.ts';
import { durationsMs, sqlExporterProgram } from './sql-exporter.ts';
import type { Bench } from './subject.ts';

/** A process that refreshes the same rows over and over. */
export interface Contestant extends AsyncDisposable {
  readonly pid: number;
  /** How long its latest refreshes took, by its own account. */
  durationsMs(): Promise<readonly number[]>;
}

/** Starts one on a query, with a pause of about so long between refreshes; null where it is not on this machine. */
export type StartContestant = (
  bench: Bench,
  mariadb: Mariadb,
  sql: string,
  pauseMs: number,
) => Promise<Contestant | null>;

/** Every refresh with everything: samples in order, escaped, compressed, on the page. */
export const startOurs: StartContestant = async (_bench, mariadb, sql, pauseMs) => {
  const program = exporterProgram(configOf(mariadb, [ordersQuery('orders', sql, { interval: `${pauseMs}ms` })]));
  return serve(program, async (service) => {
    const [task] = await readTasks(service);
    return (task?.recent_durations_seconds ?? []).map((seconds) => seconds * 1_000);
  });
};

/** Takes the rows over; what it serves is rendered, and compressed, at each scrape. */
export const startSqlExporter: StartContestant = async ({ peers }, mariadb, sql, pauseMs) => {
  const tool = await peers.find('sql-exporter');
  if (tool === null) return null;
  const program = sqlExporterProgram({ tool, dsns: [dsnOf(mariadb)], sqls: [sql], interval: `${pauseMs}ms` });
  return serve(program, async ({ daemon }) => durationsMs(daemon.log()));
};

/** Rows as objects, `Gauge.set`, `registry.metrics()`. Nothing is compressed. */
export const startPromClient: StartContestant = async (_bench, { port, user, password }, sql) => {
  const folder = await createFolder('bench-prom-client');
  const { path, env, args } = nodeProgram('prom-client-poller', () => [String(port), user, password, DATABASE, sql]);
  const daemon = new Daemon({ path, env }, args({ port, folder }), folder);
  return {
    pid: daemon.pid,
    durationsMs: async () => daemon.log().trim().split('\n').map(Number),
    [Symbol.asyncDispose]: async () => {
      await daemon.kill();
      await removeFolder(folder);
    },
  };
};

async function serve(
  program: Program,
  durations: (service: Service) => Promise<readonly number[]>,
): Promise<Contestant> {
  const service = await startService(program);
  return {
    pid: service.pid,
    durationsMs: () => durations(service),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}
