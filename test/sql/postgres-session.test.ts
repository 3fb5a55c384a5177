import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { RefreshError } from '../../src/model/failure.ts';
import { ServerKnowledge } from '../../src/sql/pool/server-knowledge.ts';
import type { Session } from '../../src/sql/session.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { SetDeadline } from './driver-bench.ts';
import { ask, askRow, assertFails, meansOf, openSession, RowList, refused, runOn } from './postgres-bench.ts';
import { columns, FakePostgres, failure, login, message, ready, row } from './postgres-fake.ts';

describe('a run on PostgreSQL', () => {
  let server: Postgres;
  let session: Session;
  before(async () => {
    server = await startPostgres({ databases: ['shop'] });
    await server.queryIn(
      'shop',
      `CREATE TABLE fruit (id int, name text); INSERT INTO fruit VALUES (1, 'apple'), (2, 'pear');
       GRANT ALL ON fruit TO test`,
    );
    session = await openSession({ port: server.port, database: 'shop' });
  });
  after(async () => {
    await session?.quit();
    await server?.[Symbol.asyncDispose]();
  });

  it('gives names and rows as they stream in', async () => {
    const list = await ask(session, 'SELECT id, name, id AS id, NULL AS "__proto__" FROM fruit ORDER BY id');
    assert.deepEqual(list.names, ['id', 'name', 'id', '__proto__']);
    assert.deepEqual(list.rows, [
      ['1', 'apple', '1', null],
      ['2', 'pear', '2', null],
    ]);
    const empty = await ask(session, 'SELECT id, 1, 2 FROM fruit WHERE false');
    assert.deepEqual(empty.names, ['id', '?column?', '?column?']);
    assert.deepEqual(empty.rows, []);
    assert.deepEqual((await ask(session, 'SELECT')).rows, [[]]);
  });

  it('gives every type as the number that it is, or as the text that the server prints', async () => {
    const texts: Readonly<Record<string, string | null>> = {
      true: '1',
      '1 > 2': '0',
      'NULL::bool': null,
      "B'101'": '5',
      "B'101'::varbit": '5',
      "''::varbit": '',
      "repeat('1', 64)::bit(64)": '18446744073709551615',
      '9223372036854775807::int8': '9223372036854775807',
      "'4294967295'::oid": '4294967295',
      '0.123456789012345678901234567890::numeric': '0.123456789012345678901234567890',
      '1e20::float8': '1e+20',
      '0.1::float8 + 0.2': '0.30000000000000004',
      "'-Infinity'::float8": '-Infinity',
      "'NaN'::float8": 'NaN',
      "extract(epoch FROM timestamptz '1970-01-02 00:00:00+00')": '86400.000000',
      "timestamptz '2026-01-31 12:00:00+09' AT TIME ZONE 'UTC'": '2026-01-31 03:00:00',
      "interval '1 day 02:03:04'": '1 day 02:03:04',
      "date '2024-02-29'": '2024-02-29',
      "'ab'::char(4)": 'ab  ',
      'ARRAY[1,2]': '{1,2}',
      "'0/16B3748'::pg_lsn": '0/16B3748',
      "'\\x00ff'::bytea": '\\x00ff',
    };
    const { rows } = await ask(session, `SELECT ${Object.keys(texts).join(', ')}`);
    assert.deepEqual(rows[0], Object.values(texts));
  });

  it('prints dates and numbers alike whatever the role prefers', async () => {
    await server.query(
      `ALTER ROLE test SET datestyle = 'German'; ALTER ROLE test SET intervalstyle = 'iso_8601';
       ALTER ROLE test SET extra_float_digits = 0`,
    );
    const other = await openSession({ port: server.port, database: 'shop' });
    const row = await askRow(other, `SELECT date '2024-02-29', interval '1 day', 0.1::float8 + 0.2`);
    await other.quit();
    await server.query('ALTER ROLE test RESET ALL');
    assert.deepEqual(row, ['2024-02-29', '1 day', '0.30000000000000004']);
  });

  it('gives cells of every length whole', async () => {
    const lengths = [0, 1, 39, 40, 41, 250, 65_535, 65_536, 1_000_000];
    const { rows } = await ask(session, `SELECT ${lengths.map((length) => `repeat('ü', ${length})`).join(', ')}`);
    assert.deepEqual(
      rows[0]?.map((cell) => cell?.length),
      lengths,
    );
    assert.ok(rows[0]?.every((cell) => /^ü*$/.test(cell ?? 'x')));
  });

  it('takes what other statements give, if it is rows', async () => {
    assert.deepEqual((await ask(session, 'SHOW transaction_read_only')).rows, [['on']]);
    assert.ok((await ask(session, 'EXPLAIN SELECT * FROM fruit')).rows.length > 0);
    assert.deepEqual((await ask(session, 'VALUES (1), (2);')).rows, [['1'], ['2']]);
    assert.deepEqual((await ask(session, '/* a */ WITH a AS (SELECT 1) TABLE a -- b')).rows, [['1']]);
  });

  it('is one statement that gives a result', async () => {
    await refused(session, 'SELECT 1; SELECT 2', 'query');
    await refused(session, 'SELECT 1; DROP TABLE fruit', 'query');
    for (const sql of ['', ' ; ', '-- nothing', 'DO $$ BEGIN END $$', "SET work_mem = '1MB'", 'COMMIT', 'LISTEN a']) {
      const failure = await refused(session, sql, 'no_result');
      assert.equal(failure.message, 'the statement gives no result set');
    }
    await refused(session, 'SELECT $1', 'query');
    await refused(session, 'SELECT 1 \0', 'query');
  });

  it('takes no COPY', async () => {
    for (const sql of ['COPY fruit TO STDOUT', 'COPY (SELECT * FROM generate_series(1, 1000000)) TO STDOUT']) {
      const other = await openSession({ port: server.port, database: 'shop' });
      await assertFails(runOn(other, sql), 'no_result');
      assert.equal(other.isDead, true);
      await other.closed;
    }
    await refused(session, 'COPY fruit FROM STDIN', 'read_only');
  });

  it('fails whole where an error comes after rows', async () => {
    const list = new RowList();
    const failure = await refused(session, 'SELECT 1 / (5 - g) FROM generate_series(1, 9) g', 'query', { sink: list });
    assert.equal(list.rows.length, 4);
    assert.equal(failure.sqlState, '22012');
    assert.equal(failure.message, 'division by zero (22012)');
    assert.deepEqual([failure.errno, failure.endedBy], [null, 'server']);
  });

  it('says nothing of what the server tells beside its message', async () => {
    const sql = `DO $$ BEGIN RAISE EXCEPTION 'told' USING DETAIL = 'secret1', HINT = 'secret2'; END $$`;
    const failure = await refused(session, sql, 'query');
    assert.equal(failure.message, 'told (P0001)');
    const long = await refused(session, `DO $$ BEGIN RAISE '%', repeat('x', 100000); END $$`, 'query');
    assert.ok(long.message.length < 1_100, `${long.message.length}`);
  });

  it('ends at its caps, and the connection with it', async () => {
    const cases: readonly (readonly [string, { maxRows?: number; maxBytes?: number }])[] = [
      ['SELECT 1', { maxRows: 0 }],
      ['SELECT * FROM generate_series(1, 1000000)', { maxRows: 10 }],
      [`SELECT repeat('x', 1001)`, { maxBytes: 1_000 }],
      [`DO $$ BEGIN FOR i IN 1..1000 LOOP RAISE INFO '%', repeat('x', 1000); END LOOP; END $$`, { maxBytes: 10_000 }],
    ];
    for (const [sql, caps] of cases) {
      const other = await openSession({ port: server.port, database: 'shop' });
      const list = new RowList();
      await assertFails(runOn(other, sql, { ...caps, sink: list }), 'too_large');
      assert.equal(other.isDead, true);
      assert.ok(list.rows.length <= 10);
      await other.closed;
    }
    await ask(session, `SELECT repeat('x', 1000) FROM generate_series(1, 2)`, { maxRows: 2, maxBytes: 2_000 });
  });

  it('refuses a cell of 100 MB at its header', async () => {
    const other = await openSession({ port: server.port, database: 'shop' });
    const list = new RowList();
    const failure = await assertFails(runOn(other, `SELECT repeat('x', 100000000)`, { sink: list }), 'too_large');
    assert.match(failure.message, /stopped at 1 rows and 100000000 bytes/);
    assert.deepEqual(list.rows, []);
    await other.closed;
  });

  it('gives what its sink throws, and ends the connection', async () => {
    const thrown = new RefreshError('missing_column', 'no such column');
    const fail = (): never => {
      throw thrown;
    };
    for (const sink of [
      { columns: fail, row: () => undefined },
      { columns: () => undefined, row: fail },
    ]) {
      const other = await openSession({ port: server.port, database: 'shop' });
      await assert.rejects(runOn(other, 'SELECT id FROM fruit', { sink }), (error) => error === thrown);
      assert.equal(other.isDead, true);
      await other.closed;
    }
  });

  it('leaves nothing to the next', async () => {
    const traces: readonly string[] = [
      'SELECT pg_advisory_lock(7)',
      'PREPARE behind AS SELECT 1',
      `SET work_mem = '123kB'`,
      `SELECT set_config('application_name', 'behind', false)`,
      'DECLARE behind CURSOR WITH HOLD FOR SELECT 1',
      'SET search_path = pg_catalog',
      'LISTEN behind',
      'LOCK TABLE fruit IN ACCESS SHARE MODE',
    ];
    for (const sql of traces) {
      await runOn(session, sql, { initSql: [`SET LOCAL work_mem = '124kB'`, 'SELECT pg_advisory_lock(8)'] }).catch(
        (error: RefreshError) => assert.equal(error.reason, 'no_result'),
      );
      await session.reset();
    }
    assert.deepEqual(
      await askRow(
        session,
        `SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),
           (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors WHERE name <> ''),
           current_setting('work_mem'), current_setting('application_name'), current_setting('search_path'),
           (SELECT count(*) FROM pg_listening_channels())`,
      ),
      ['0', '0', '0', '4MB', 'query-exporter', '"$user", public', '0'],
    );
    await server.queryIn('shop', `SET lock_timeout = '60s'; ALTER TABLE fruit ALTER name SET NOT NULL`);
  });

  it('has its limits within its transaction, and they end with it', async () => {
    const names = [
      'statement_timeout',
      'lock_timeout',
      'idle_in_transaction_session_timeout',
      'client_connection_check_interval',
    ];
    const settings = names.map((name) => `current_setting('${name}')`).join(', ');
    const [row = []] = (await ask(session, `SELECT ${settings}`, { deadline: new SetDeadline(100_000) })).rows;
    assert.deepEqual(row, ['99950ms', '99940ms', '100001ms', '500ms']);
    // Outside of a run nothing is set, so that nobody else can see it.
    const [backend] = await server.backends();
    assert.equal(backend?.sql, 'DISCARD ALL');
  });

  it('runs init_sql in its transaction, which it can neither end nor open to writing', async () => {
    const initSql = ['SET LOCAL search_path = pg_catalog', `SELECT set_config('a.b', 'c', true)`];
    assert.deepEqual(
      (await ask(session, `SELECT current_setting('search_path'), current_setting('a.b')`, { initSql })).rows,
      [['pg_catalog', 'c']],
    );
    await refused(session, 'SELECT 1', 'query', { initSql: ['COMMIT'] });
    const writes = { initSql: ['SET TRANSACTION READ WRITE'] };
    assert.deepEqual((await ask(session, 'SHOW transaction_read_only', writes)).rows, [['on']]);
    const failure = await refused(session, 'SELECT 1', 'query', { initSql: [`SELECT 'secret'::int`] });
    assert.equal(failure.message, 'the server refused a statement (22P02) in init_sql');
  });

  it('is told when its statement is about to be sent, and what that throws ends it', async () => {
    const thrown = new Error('no');
    const onStart = (): never => {
      throw thrown;
    };
    await assert.rejects(runOn(session, 'SELECT 1', { onStart }), (error) => error === thrown);
    await session.reset();
    assert.deepEqual(await askRow(session, 'SELECT 1'), ['1']);
  });

  it('begins anew on a session that was not reset', async () => {
    await runOn(session, 'SELECT 1');
    await runOn(session, 'SELECT 2');
    await assertFails(runOn(session, 'SELECT 1/0'), 'query');
    await session.ping();
    assert.deepEqual(await askRow(session, 'SELECT 3'), ['3']);
    await session.ping();
  });

  it('leaves settings out that the server refuses, asks no more for them, and says so', async () => {
    const knowledge = new ServerKnowledge(() => undefined);
    await using fake = await FakePostgres.start([
      ...login('15.3'),
      Buffer.concat([message('C', 'BEGIN\0'), failure('42704', 'unrecognized "client_min_messages"'), ready('E')]),
      ready('I'),
      Buffer.concat([...Array(7).fill(message('C', 'SET\0')), failure('22023', 'too long'), ready('E')]),
      ready('I'),
      ready('T'),
      Buffer.concat([columns('n'), row('5'), message('C', 'SELECT 1\0'), ready('T')]),
    ]);
    const other = await openSession({ port: fake.port }, meansOf(knowledge));
    await runOn(other, 'SELECT 5');
    assert.deepEqual(knowledge.recall('refused steps'), ['client_min_messages', 'client_connection_check_interval']);
    assert.deepEqual(knowledge.facts.missing, { kill: 'the server refuses it: too long' });
    const begins = fake.received.toString('latin1').match(/BEGIN READ ONLY; SET[^\0]*/g) ?? [];
    assert.deepEqual(
      begins.map((text) => [text.includes('client_min_messages'), text.includes('client_connection_check_interval')]),
      [
        [true, true],
        [false, true],
        [false, false],
      ],
    );
  });

  it('runs without a lock where the server has none, asks no more for it, and says so', async () => {
    const knowledge = new ServerKnowledge(() => undefined);
    const result = Buffer.concat([columns('n'), row('5'), message('C', 'SELECT 1\0'), ready('T')]);
    await using fake = await FakePostgres.start([
      ...login('15.3'),
      (received) => {
        // One for BEGIN as well.
        const done = received
          .toString('latin1')
          .split('SET LOCAL')
          .map(() => message('C', 'SET\0'));
        return Buffer.concat([...done, failure('42883', 'no such function'), ready('E')]);
      },
      ready('I'),
      ready('T'),
      result,
      ready('I'),
      ready('T'),
      result,
    ]);
    const session = await openSession({ port: fake.port }, meansOf(knowledge));
    for (let run = 0; run < 2; run++) assert.equal(await runOn(session, 'SELECT 5', { lock: 'orders' }), null);
    assert.deepEqual(knowledge.facts.missing, { guard: 'the server refuses it: no such function' });
    const begins = fake.received.toString('latin1').match(/BEGIN READ ONLY; SET[^\0]*/g) ?? [];
    assert.deepEqual(
      begins.map((text) => text.includes('pg_try_advisory_xact_lock')),
      [true, false, false],
    );
  });

  it('is lost where the server sends a row that cannot be right', async () => {
    const tooLong = Buffer.from('000100000009', 'hex');
    const two = Buffer.from('0002ffffffffffffffff', 'hex');
    for (const [body, text] of [
      [tooLong, /a row that ends too early/],
      [two, /a row with another number of columns/],
    ] as const) {
      const rows = Buffer.concat([columns('n'), message('D', body), message('C', 'SELECT 1\0'), ready('T')]);
      await using fake = await FakePostgres.start([...login('15.3'), ready('T'), rows]);
      await using session = await openSession({ port: fake.port });
      const failure = await assertFails(runOn(session, 'SELECT 5'), 'lost');
      assert.match(failure.message, text);
      assert.deepEqual([failure.endedBy, session.isDead], [null, true]);
    }
  });

  it('knows what the login told, also when that changes', async () => {
    const knowledge = new ServerKnowledge(() => undefined);
    await using first = await openSession({ port: server.port }, meansOf(knowledge));
    await first.ping();
    const { version, release, role, isSuperuser, missing } = knowledge.facts;
    assert.match(version ?? '', /^PostgreSQL \d+\.\d+$/);
    assert.equal(version, `PostgreSQL ${release?.numbers.join('.')}`);
    assert.deepEqual([role, isSuperuser, missing], ['primary', false, {}]);
    await server.query('ALTER ROLE test SUPERUSER');
    await using other = await openSession({ port: server.port }, meansOf(knowledge));
    await other.ping();
    assert.equal(knowledge.facts.isSuperuser, true);
    await server.query('ALTER ROLE test NOSUPERUSER');
  });

  it('is of the role that its own server has, whatever another connection reached meanwhile', async () => {
    const knowledge = new ServerKnowledge(() => undefined);
    await using session = await openSession({ port: server.port }, meansOf(knowledge));
    for (const step of ['ping', 'reset'] as const) {
      knowledge.learn({ role: 'replica' });
      await session[step]();
      assert.equal(knowledge.facts.role, 'primary');
    }
  });

  it('asks a server for its role that does not tell by itself', async () => {
    const knowledge = new ServerKnowledge(() => undefined);
    const isStandby = [columns('pg_is_in_recovery'), row('1'), message('C', 'SELECT 1\0'), ready('I')];
    await using fake = await FakePostgres.start([...login('13.4'), ready('I'), Buffer.concat(isStandby)], '', true);
    await using session = await openSession({ port: fake.port }, meansOf(knowledge));
    assert.equal(knowledge.facts.role, 'primary');
    await session.ping();
    assert.equal(knowledge.facts.role, 'replica');
    assert.match(fake.received.toString('latin1'), /SELECT pg_is_in_recovery\(\)\0$/);
  });

  it('says what a server before PostgreSQL 14 does not give', async () => {
    const knowledge = new ServerKnowledge(() => undefined);
    await using fake = await FakePostgres.start(login('13.4'));
    await openSession({ port: fake.port }, meansOf(knowledge));
    assert.deepEqual(Object.keys(knowledge.facts.missing), ['kill']);
  });
});
