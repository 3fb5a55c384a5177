import { ConfigFolder, type Program, startProgram } from '../end-to-end/program.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { probeOptions } from './probe.ts';

/** The exporter logs in as this user, so that its connections can be told from those of others. */
export const USER = 'exporter';
export const PASSWORD = 'soak123';
/** Of each target; the exporter may hold one connection more on each server, to stop statements. */
export const MAX_CONNECTIONS = 2;
export const QUERIES = 12;
export const TARGETS = 3;

/** Two servers, three targets on them, and the exporter as a process. */
export interface Bench extends AsyncDisposable {
  readonly servers: readonly Mariadb[];
  readonly program: Program;
  readonly folder: ConfigFolder;
}

export async function startBench(): Promise<Bench> {
  const servers = await Promise.all([startServer(), startServer()]);
  const folder = await ConfigFolder.create(configOf(servers));
  const program = await startProgram(folder, [], probeOptions(folder.path));
  return {
    servers,
    program,
    folder,
    [Symbol.asyncDispose]: async () => {
      await program[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
      for (const server of servers) await server[Symbol.asyncDispose]();
    },
  };
}

async function startServer(): Promise<Mariadb> {
  const server = await startMariadb({ databases: ['shop', 'stock'], flags: ['--max-connections=30'] });
  const statements = [
    `CREATE USER ${USER}@'%' IDENTIFIED BY '${PASSWORD}'`,
    `GRANT SELECT, EXECUTE, PROCESS ON *.* TO ${USER}@'%'`,
    ...['shop', 'stock'].flatMap((database) => [
      `CREATE TABLE ${database}.orders (id INT PRIMARY KEY, state VARCHAR(20)) ENGINE=InnoDB`,
      `INSERT INTO ${database}.orders SELECT seq, ELT(1 + seq MOD 3, 'new', 'paid', 'sent') FROM ${database}.seq_1_to_300`,
      `CREATE TABLE ${database}.pace (seconds DECIMAL(9,3)) ENGINE=InnoDB`,
      `INSERT INTO ${database}.pace VALUES (0)`,
    ]),
  ];
  for (const statement of statements) await server.query(statement);
  await setResultSize(server, 300);
  return server;
}

/** Lets the query `large` give so many rows. */
export async function setResultSize(server: Mariadb, rows: number): Promise<void> {
  for (const database of ['shop', 'stock']) {
    await server.query(`CREATE OR REPLACE VIEW ${database}.large AS SELECT seq FROM ${database}.seq_1_to_${rows}`);
  }
}

/** Lets the query `slow` take so long. */
export async function setPace(server: Mariadb, seconds: number): Promise<void> {
  for (const database of ['shop', 'stock']) await server.query(`UPDATE ${database}.pace SET seconds = ${seconds}`);
}

/** Fails all the time, so that its failures are among the figures. */
export const WRONG_QUERY = 'wrong';

/** Twelve queries, each once a second on each target; a result of each kind is among them. */
const SQL: Readonly<Record<string, string>> = {
  orders: 'select state label, count(*) n from orders group by state',
  newest: "select state label, max(id) n from orders where state <> 'lost' group by state",
  each: 'select id label, id n from orders',
  large: 'select seq label, seq n from large',
  slow: "select '' label, sleep(seconds) n from pace",
  short_sleep: "select '' label, sleep(0.05) n",
  processes: 'select user label, count(*) n from information_schema.processlist group by user',
  status:
    "select variable_name label, variable_value n from information_schema.global_status where variable_name like 'com_%'",
  sizes: 'select table_name label, data_length n from information_schema.tables where table_schema = database()',
  words: "select id label, if(id = 1, 7, 'many') n from orders where id < 10",
  nothing: 'select state label, id n from orders where id < 0',
  [WRONG_QUERY]: 'select label, n from nowhere',
};

function configOf(servers: readonly Mariadb[]): string {
  const [first, second] = servers.map(
    ({ port }) => `host: 127.0.0.1, port: ${port}, user: ${USER}, password: ${PASSWORD}`,
  );
  const queries = Object.entries(SQL).map(
    ([name, sql]) =>
      `  ${name}: {sql: ${JSON.stringify(sql)}, metrics: {${name}: {type: gauge, labels: [label], value: n}}}`,
  );
  return `
defaults: {interval: 1s, timeout: 2s}
targets:
  shop1: {${first}, database: shop, max_connections: ${MAX_CONNECTIONS}, ping_interval: 1s}
  stock1: {${first}, database: stock, max_connections: ${MAX_CONNECTIONS}, ping_interval: 1s}
  shop2: {${second}, database: shop, max_connections: ${MAX_CONNECTIONS}, ping_interval: 1s}
queries:
${queries.join('\n')}
`;
}
