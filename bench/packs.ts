import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Mariadb } from '../test/support/mariadb.ts';
import type { Tool } from '../test/support/tools.ts';
import { readTasks, startExporter, untilFilled } from './support/exporter.ts';
import { cpuMs } from './support/process-usage.ts';
import { get, type Service, startService } from './support/service.ts';
import { ratio, type Subject, type Value } from './support/subject.ts';

const WARM_UP_MS = 5_000;
const SECONDS = 30;
/** What the pack gives beyond its default collectors. */
const COLLECTORS = ['info_schema.processlist', 'info_schema.query_response_time'];

/** Of one round: every query once, and one scrape. */
interface Cost {
  readonly exporterCpuMs: number;
  readonly serverCpuMs: number;
  readonly statements: number;
}

export const packs: Subject = {
  name: 'packs',
  about:
    'A round of all queries of the pack mysql and one scrape, beside a scrape of mysqld_exporter, a second apart, on the same server.',
  async run(bench) {
    const mariadb = await bench.database();
    const tool = await bench.peers.find('mysqld-exporter');
    bench.progress('packs: the pack mysql');
    const ours = await measureOurs(mariadb);
    if (tool !== null) bench.progress('packs: mysqld_exporter');
    const theirs = tool === null ? null : await measurePeer(tool, mariadb);
    const row = (name: string, read: (key: keyof Cost) => Value): Value[] => {
      return [name, read('exporterCpuMs'), read('serverCpuMs'), read('statements')];
    };
    return {
      tables: [
        {
          title: `Per round, of ${SECONDS} rounds`,
          columns: ['', 'CPU of the exporter in ms', 'CPU of the server in ms', 'statements'],
          rows: [
            row('the pack mysql', (key) => ours[key]),
            row('mysqld_exporter', (key) => theirs?.[key] ?? null),
            row('ours / theirs', (key) => ratio(ours[key], theirs?.[key] ?? null)),
          ],
        },
      ],
      goals: [],
    };
  },
};

async function measureOurs(mariadb: Mariadb): Promise<Cost> {
  const { port, user, password } = mariadb;
  await using exporter = await startExporter(
    `dsn: ${user}:${password}@tcp(127.0.0.1:${port})/\npacks: {mysql: {interval: 1s}}\n`,
  );
  await untilFilled(exporter);
  const rounds = async (): Promise<number> => {
    const tasks = await readTasks(exporter);
    return tasks.find(({ query }) => query === 'mysql_global_status')?.refreshes ?? Number.NaN;
  };
  return await measure(mariadb, exporter, rounds);
}

async function measurePeer({ path, env }: Tool, mariadb: Mariadb): Promise<Cost> {
  const { port, user, password } = mariadb;
  await using exporter = await startService({
    name: 'mysqld-exporter',
    path,
    env: { ...env, DATA_SOURCE_NAME: `${user}:${password}@(127.0.0.1:${port})/` },
    args: (place) => [
      `--web.listen-address=127.0.0.1:${place.port}`,
      ...COLLECTORS.map((collector) => `--collect.${collector}`),
    ],
    readyPath: '/',
  });
  return await measure(mariadb, exporter, null);
}

/** `countRounds`: null where each scrape is one. */
async function measure(
  mariadb: Mariadb,
  exporter: Service,
  countRounds: (() => Promise<number>) | null,
): Promise<Cost> {
  const serverPid = await pidOf(mariadb);
  let scrapes = 0;
  const scrapeFor = async (ms: number): Promise<void> => {
    for (const endMs = performance.now() + ms; performance.now() < endMs; ) {
      const [{ status }] = await Promise.all([get(`${exporter.url}/metrics`, { gzip: true }), delay(1_000)]);
      if (status !== 200) throw new Error(`a scrape was answered with ${status}`);
      scrapes++;
    }
  };
  const take = async () => ({
    rounds: (await countRounds?.()) ?? scrapes,
    exporter: cpuMs(exporter.pid),
    server: cpuMs(serverPid),
    statements: await countStatements(mariadb),
  });
  await scrapeFor(WARM_UP_MS);
  const before = await take();
  await scrapeFor(SECONDS * 1_000);
  const after = await take();
  const perRound = (key: keyof typeof before) => (after[key] - before[key]) / (after.rounds - before.rounds);
  return {
    exporterCpuMs: perRound('exporter'),
    serverCpuMs: perRound('server'),
    statements: perRound('statements'),
  };
}

async function pidOf(mariadb: Mariadb): Promise<number> {
  const [row] = await mariadb.query('SELECT @@pid_file AS file');
  return Number(readFileSync(String(row?.['file']), 'utf8'));
}

async function countStatements(mariadb: Mariadb): Promise<number> {
  const [row] = await mariadb.query(`SHOW GLOBAL STATUS LIKE 'Questions'`);
  return Number(row?.['Value']);
}
