import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { checkMetrics } from '../support/prometheus.ts';
import { ConfigFolder, samplesOf, startProgram } from './program.ts';

describe('the exporter with a query that', () => {
  let mariadb: Mariadb;
  before(async () => {
    mariadb = await startMariadb({ databases: ['shop'] });
    await mariadb.query('CREATE TABLE shop.orders (id INT PRIMARY KEY, state VARCHAR(20)) ENGINE=InnoDB');
    await mariadb.query("INSERT INTO shop.orders VALUES (1, 'new'), (2, 'paid')");
  });
  after(async () => {
    await mariadb[Symbol.asyncDispose]();
  });

  it('takes too long: ends it at its timeout, on the server too, and gives its place to others', async () => {
    // Where its session has no limit, a statement has to be stopped over a second connection.
    await using folder = await ConfigFolder.create(`
targets:
  limited: {dsn: "${dsn()}", max_connections: 1, ping_interval: off}
  unlimited:
    {dsn: "test:test123@unix(${mariadb.socketPath})/shop", max_connections: 1, ping_interval: off,
     init_sql: [set session max_statement_time = 0]}
queries:
  hung: {sql: select sleep(30) n, interval: 3s, timeout: 1s, metrics: {hung: {type: gauge, value: n}}}
  quick: {sql: select 1 n, interval: 100ms, timeout: 1m, metrics: {quick: {type: gauge, value: n}}}
`);
    await using program = await startProgram(folder);
    for (const target of ['limited', 'unlimited']) {
      // The time of a run may be over before it has a connection, too.
      const hung = async () => program.task('hung', target);
      await program.until('it has failed', async () => ((await hung()).failures.timeout ?? 0) > 0);
    }
    await program.until('they are gone from the server', async () => (await statements(/sleep/i)) === 0);
    for (const target of ['limited', 'unlimited']) {
      const before = (await program.task('quick', target)).refreshes;
      await program.until('others go on', async () => (await program.task('quick', target)).refreshes > before + 2);
      assert.deepEqual((await program.task('quick', target)).failures, {});
    }
  });

  it('is wrong in any way: refuses that one alone, and keeps the connection', async () => {
    await mariadb.query("CREATE USER reader@'%' IDENTIFIED BY 'hunter2'");
    await mariadb.query("GRANT SELECT, INSERT, UPDATE, DELETE, DROP, CREATE ON shop.orders TO reader@'%'");
    const wrong: Readonly<Record<string, readonly [sql: string, reason: string]>> = {
      syntax: ['selec 1 n', 'query'],
      no_table: ['select n from nowhere', 'query'],
      no_privilege: ['select count(*) n from mysql.user', 'query'],
      no_column: ['select 1 m, 2 o', 'missing_column'],
      no_result: ['do 1', 'no_result'],
      two: ['select 1 n; select 2 n', 'query'],
      updates: ["update orders set state = 'lost'", 'read_only'],
      inserts: ["insert into orders values (3, 'new')", 'read_only'],
      deletes: ['delete from orders', 'read_only'],
      drops: ['drop table orders', 'read_only'],
    };
    const query = ([name, sql]: readonly [string, string]): string =>
      `  ${name}: {sql: ${JSON.stringify(sql)}, interval: 100ms, metrics: {${name}: {type: gauge, value: n}}}`;
    const right = Array.from({ length: 5 }, (_, index) => [`right${index}`, 'select count(*) n from orders'] as const);
    const all = [...Object.entries(wrong).map(([name, [sql]]) => [name, sql] as const), ...right];
    await using folder = await ConfigFolder.create(`
defaults: {timeout: 5m}
targets: {shop01: {dsn: "reader:hunter2@tcp(127.0.0.1:${mariadb.port})/shop", ping_interval: off}}
queries:
${all.map(query).join('\n')}
`);
    await using program = await startProgram(folder);
    await program.untilReady();
    const before = await connections();
    const tasks = await program.tasks();
    for (const [name, [, reason]] of Object.entries(wrong)) {
      const task = tasks.find((one) => one.query === name);
      assert.equal(task?.last_failure?.reason, reason, `${name}: ${task?.last_failure?.message}`);
    }
    assert.match(
      tasks.find((one) => one.query === 'no_column')?.last_failure?.message ?? '',
      /no_column.*shop01.*"n".*"m", "o"/,
    );
    await program.until('all have run ten times', async () =>
      (await program.tasks()).every(({ refreshes }) => refreshes >= 10),
    );
    for (const [name] of right) {
      const { state, failures } = await program.task(name);
      assert.deepEqual([state, failures], ['fresh', {}]);
      await program.untilSample(`query_exporter_${name}{target="shop01"}`, 2);
    }
    await program.untilSample('query_exporter_target_up{target="shop01"}', 1);
    // The column that is missing is found out in mid-result, and such a connection is not used again.
    const more = (await connections()) - before;
    const cutOff = (await program.task('no_column')).refreshes;
    assert.ok(more <= 2 * cutOff + 2, `${more} new connections`);
    assert.equal((await mariadb.query('SELECT COUNT(*) AS n FROM shop.orders'))[0]?.['n'], 2);
  });

  it('gives a million rows: stops it at its cap, again and again', async () => {
    await using folder = await ConfigFolder.create(`
targets: {shop01: {dsn: "${dsn()}", ping_interval: off}}
queries:
  huge: {sql: select seq n from seq_1_to_1000000, interval: 100ms, metrics: {huge: {type: gauge, labels: [n], value: n}}}
`);
    await using program = await startProgram(folder);
    await program.untilReady();
    await program.until(
      'it has failed often',
      async () => ((await program.task('huge')).failures.too_large ?? 0) >= 10,
    );
    assert.deepEqual(Object.keys((await program.task('huge')).failures), ['too_large']);
    await program.stop();
    assert.equal((await mariadb.processlist()).length, 0);
  });

  it('meets a lock: fails at its timeout, and recovers', async () => {
    await using folder = await ConfigFolder.create(`
targets: {shop01: {dsn: "${dsn()}", ping_interval: off}}
queries:
  locked: {sql: select count(*) n from orders, interval: 100ms, timeout: 1s, metrics: {locked: {type: gauge, value: n}}}
`);
    await using program = await startProgram(folder);
    await program.untilReady();
    await mariadb.query('LOCK TABLES shop.orders WRITE');
    try {
      // On a busy machine its time may be over before it has a connection, too.
      const timeouts = async () => (await program.task('locked')).failures.timeout ?? 0;
      await program.until('it has failed', async () => (await timeouts()) > 0);
    } finally {
      await mariadb.query('UNLOCK TABLES');
    }
    await program.until('it has recovered', async () => (await program.task('locked')).state === 'fresh');
  });

  it('takes longer than its interval: never runs it twice at a time, and counts what is skipped', async () => {
    await using folder = await ConfigFolder.create(`
targets: {shop01: {dsn: "${dsn()}", ping_interval: off}}
queries:
  slow: {sql: select sleep(0.3) n, interval: 100ms, metrics: {slow: {type: gauge, value: n}}}
`);
    await using program = await startProgram(folder);
    let most = 0;
    await program.until('many have been skipped', async () => {
      most = Math.max(most, await statements(/sleep/i));
      return ((await program.task('slow')).skips.overlap ?? 0) >= 6;
    });
    assert.ok(most <= 1, `${most} at a time`);
  });

  it('gives values of every type: exports numbers, and rejects the rest one by one', async () => {
    const values: Readonly<Record<string, readonly [sql: string, expected: number | null]>> = {
      // The first that is rejected is the one that the log names.
      date: ["date'2024-02-29'", null],
      big: ['9007199254740993', 9007199254740992],
      unsigned: ['18446744073709551615', 18446744073709552000],
      decimal: ["cast('-1.5' as decimal(65,30))", -1.5],
      added: ['(select sum(id) from orders)', 3],
      avg: ['(select avg(id) from orders)', 1.5],
      nothing: ['null', null],
      empty: ["''", null],
      blank: ["'\\n  '", null],
      word: ["'42abc'", null],
      comma: ["'1,5'", null],
      hex: ["'0x1F'", null],
      spaced: ["' 42 '", 42],
      minus_zero: ["'-0'", 0],
      tiny: ['1e-7', 1e-7],
      large: ['1e21', 1e21],
      endless: ["'-Inf'", Number.NEGATIVE_INFINITY],
      bit: ["b'10000001'+0", 129],
      yes: ['true', 1],
      json: ["json_object('a', 1)", null],
    };
    const names = Object.keys(values);
    const columns = Object.entries(values).map(([name, [sql]]) => `${sql} \`${name}\``);
    await using folder = await ConfigFolder.create(`
namespace: ""
targets: {shop01: {dsn: "${dsn()}", ping_interval: off}}
queries:
  types:
    sql: ${JSON.stringify(`select ${columns.join(', ')}`)}
    interval: 1h
    metrics: {${names.map((name) => `v_${name}: {type: gauge, value: ${name}}`).join(', ')}}
  counter:
    sql: select null n
    interval: 1h
    metrics: {v_counted_total: {type: counter, value: n}}
`);
    await using program = await startProgram(folder);
    await program.untilReady();
    const page = await program.scrape();
    for (const [name, [, expected]] of Object.entries(values)) {
      const [value] = Object.values(samplesOf(page, `v_${name}`));
      assert.deepEqual(value ?? null, expected, name);
    }
    assert.deepEqual(samplesOf(page, 'v_counted_total'), {});
    assert.deepEqual(samplesOf(page, 'query_exporter_query_rejected_samples_total'), {
      '{query="types",reason="not_a_number",target="shop01"}': 7,
    });
    assert.match(
      program.stderr,
      /samples rejected.*query=types.*column=date.*example=2024-02-29.*UNIX_TIMESTAMP\(date\)/,
    );
    assert.deepEqual(await checkMetrics(page), { ok: true, output: '' });
  });

  it('gives labels of every kind: exports their text exactly', async () => {
    await mariadb.query(`CREATE TABLE shop.labels (a BIGINT UNSIGNED, b VARBINARY(9), c VARCHAR(40) CHARACTER SET utf8mb4,
      d VARCHAR(9), e DATETIME, f DECIMAL(9,3), g BOOL)`);
    await mariadb.query(
      `INSERT INTO shop.labels VALUES (18446744073709551615, x'41FFFE42', 'line\nquote " back \\\\ 🍐', NULL,
       '2024-02-29 12:00:00', 1.5, TRUE)`,
    );
    await using folder = await ConfigFolder.create(`
dsn: ${dsn()}
queries:
  labels:
    sql: select *, 1 n from labels
    interval: 1h
    metrics: {labels: {type: gauge, labels: [a, b, c, d, e, f, g], value: n}}
`);
    await using program = await startProgram(folder);
    await program.untilReady();
    const page = await program.scrape();
    const labels = [
      'a="18446744073709551615"',
      'b="A\ufffd\ufffdB"',
      'c="line\\nquote \\" back \\\\ 🍐"',
      ...['d=""', 'e="2024-02-29 12:00:00"', 'f="1.500"', 'g="1"'],
    ];
    assert.deepEqual(samplesOf(page, 'query_exporter_labels'), { [`{${labels.join(',')}}`]: 1 });
    assert.deepEqual(await checkMetrics(page), { ok: true, output: '' });
  });

  function dsn(): string {
    return `test:test123@tcp(127.0.0.1:${mariadb.port})/shop`;
  }

  async function statements(text: RegExp): Promise<number> {
    return (await mariadb.processlist()).filter(({ sql }) => text.test(sql ?? '')).length;
  }

  async function connections(): Promise<number> {
    const [row] = await mariadb.query(`SHOW GLOBAL STATUS LIKE 'Connections'`);
    return Number(row?.['Value']);
  }
});
