import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Address } from '../../src/model/plan.ts';
import { postgresSessions } from '../../src/sql/postgres/postgres-sessions.ts';
import { createFolder, removeFolder } from '../support/daemon.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import {
  ask,
  askRow,
  assertFails,
  eventually,
  markOf,
  meansOf,
  never,
  openSession,
  runOn,
  type TargetParts,
  targetOf,
} from './postgres-bench.ts';
import { authentication, columns, FakePostgres, failure, login, message, ready, row } from './postgres-fake.ts';

const password = (text: string) => ({ kind: 'text', text }) as const;

describe('a login to PostgreSQL', () => {
  let server: Postgres;
  let folder: string;
  before(async () => {
    folder = await createFolder('postgres-connect');
    server = await startPostgres({
      databases: ['shop', 'closed'],
      hba: [
        'host all md5_user all md5',
        'host all clear_user all password',
        'local all clear_user password',
        'host all rejected all reject',
        'host all gss_user all gss',
        'local all peer_user peer',
        'hostssl all tls_user all scram-sha-256',
      ],
    });
    await server.query(
      `SET password_encryption = 'md5'; CREATE ROLE md5_user LOGIN PASSWORD 'test123'; RESET password_encryption;
       CREATE ROLE clear_user LOGIN PASSWORD 'test123'; CREATE ROLE rejected LOGIN; CREATE ROLE gss_user LOGIN;
       CREATE ROLE peer_user LOGIN; CREATE ROLE tls_user LOGIN; CREATE ROLE nobody; CREATE ROLE umlaut LOGIN;
       CREATE ROLE expired LOGIN PASSWORD 'test123' VALID UNTIL '2001-01-01';
       CREATE ROLE lonely LOGIN PASSWORD 'test123' CONNECTION LIMIT 1;
       REVOKE CONNECT ON DATABASE closed FROM public`,
    );
    await server.query(`ALTER ROLE umlaut PASSWORD 'pa\u0308ss\u00a0wo\u0308rd'`);
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
    await removeFolder(folder);
  });

  const socket = (): Address => ({
    kind: 'socket',
    path: join(server.socketFolder, `.s.PGSQL.${server.port}`),
  });

  const userOf = async (parts: TargetParts): Promise<string | null | undefined> => {
    await using session = await openSession({ port: server.port, ...parts });
    return (await askRow(session, 'SELECT current_user'))[0];
  };

  it('knows every way that needs a password', async () => {
    assert.equal(await userOf({}), 'test');
    assert.equal(await userOf({ user: 'md5_user' }), 'md5_user');
    assert.equal(await userOf({ user: 'clear_user', address: socket() }), 'clear_user');
    assert.equal(await userOf({ user: 'umlaut', password: password('p\u00e4ss w\u00f6rd') }), 'umlaut');
    assert.equal(await userOf({ user: 'postgres', password: { kind: 'none' }, address: socket() }), 'postgres');
  });

  it('goes over IPv6 and sockets, and to an address of a name', async () => {
    assert.equal(await userOf({ address: socket() }), 'test');
    assert.equal(await userOf({ address: { kind: 'tcp', host: '::1', port: server.port } }), 'test');
    await using session = await openSession({ address: { kind: 'tcp', host: 'localhost', port: server.port } });
    assert.ok([`127.0.0.1:${server.port}`, `[::1]:${server.port}`].includes(session.address), session.address);
  });

  it('reads its password file anew each time', async () => {
    const path = join(folder, 'password');
    await writeFile(path, 'wrong\n');
    const file = { port: server.port, password: { kind: 'file', path } } as const;
    await assertFails(openSession(file), 'auth');
    await writeFile(path, 'test123\n');
    await (await openSession(file)).quit();
    const missing = { ...file, password: { kind: 'file', path: join(folder, 'missing') } } as const;
    assert.match((await assertFails(openSession(missing), 'connect')).message, /^password_file cannot be read/);
  });

  it('says why it was refused', async () => {
    const cases: readonly (readonly [TargetParts, 'auth' | 'connect', string | null, RegExp])[] = [
      [{ password: password('wrong') }, 'auth', '28P01', /check user and password/],
      [{ user: 'unknown' }, 'auth', '28P01', /check user and password/],
      [{ user: 'expired' }, 'auth', '28P01', /whether the password has expired/],
      [{ user: 'rejected' }, 'auth', '28000', /pg_hba\.conf/],
      [{ user: 'nobody', address: socket(), password: { kind: 'none' } }, 'auth', null, /none is set/],
      [{ user: 'peer_user', address: socket() }, 'auth', '28000', /pg_hba\.conf/],
      [{ user: 'gss_user' }, 'auth', null, /asks for GSSAPI to log in; give the user a SCRAM password/],
      [{ user: 'clear_user' }, 'auth', null, /password in clear text, which is only sent with TLS/],
      [{ password: { kind: 'none' } }, 'auth', null, /asks for a password and none is set/],
      [{ user: 'md5_user', password: { kind: 'none' } }, 'auth', null, /none is set/],
      [{ database: 'nowhere' }, 'auth', '3D000', /check the name of the database/],
      [{ database: 'closed' }, 'auth', '42501', /grant the user CONNECT/],
      [{ address: { kind: 'socket', path: join(folder, 'nowhere') } }, 'connect', null, /ENOENT/],
      [{ address: { kind: 'tcp', host: '127.0.0.1', port: 1 } }, 'connect', null, /ECONNREFUSED/],
    ];
    for (const [parts, reason, sqlState, text] of cases) {
      const failed = await assertFails(openSession({ port: server.port, ...parts }), reason);
      assert.match(failed.message, text);
      assert.equal(failed.sqlState, sqlState, failed.message);
      assert.equal(failed.endedBy, sqlState === null ? null : 'server');
      assert.doesNotMatch(failed.message, /test123|wrong/);
    }
    await eventually('no connection to be left', async () =>
      (await server.backends()).length === 0 ? true : undefined,
    );
  });

  it('is told when the server or the role admits no more', async () => {
    await using first = await openSession({ port: server.port, user: 'lonely' });
    const role = await assertFails(openSession({ port: server.port, user: 'lonely' }), 'connect');
    assert.equal(role.sqlState, '53300');
    await first.quit();
    await using small = await startPostgres({
      settings: { max_connections: '5', superuser_reserved_connections: '3' },
    });
    await using one = await openSession({ port: small.port });
    const full = await assertFails(openSession({ port: small.port }), 'connect');
    assert.equal(full.sqlState, '53300');
    assert.match(full.message, /the server admits no more connections$/);
    // Whoever looks for a statement waits until there is room, and a session that ends cancels its own without any.
    const running = assertFails(runOn(one, '/* m */ SELECT pg_sleep(600)'), 'lost');
    await eventually('the statement to run', async () =>
      (await small.backends()).some(({ state }) => state === 'active') ? true : undefined,
    );
    const mark = markOf(one, 'm');
    const opening = postgresSessions.openStopper(targetOf({ port: small.port }), mark, meansOf(), never());
    one.destroy();
    await running;
    const stopper = await opening;
    await eventually('it to be gone', async () => ((await stopper?.look(mark)) === 'gone' ? true : undefined));
    await stopper?.quit();
  });

  it('takes nothing from the environment', async () => {
    const home = join(folder, '.pgpass');
    await writeFile(home, `*:*:*:*:test123\n`, { mode: 0o600 });
    const variables: Readonly<Record<string, string>> = {
      HOME: folder,
      PGPASSFILE: home,
      PGPASSWORD: 'test123',
      PGHOST: 'nowhere.invalid',
      PGPORT: '1',
      PGUSER: 'nobody',
      PGDATABASE: 'nowhere',
      PGOPTIONS: '-c statement_timeout=7s',
      PGAPPNAME: 'somebody',
      PGSSLMODE: 'verify-full',
      PGREPLICATION: 'true',
      PGSSLNEGOTIATION: 'direct',
      PGSERVICE: 'nowhere',
      PGTZ: 'Asia/Tokyo',
    };
    const inherited = { ...process.env };
    Object.assign(process.env, variables);
    try {
      await assertFails(openSession({ port: server.port, password: { kind: 'none' } }), 'auth');
      await using session = await openSession({ port: server.port });
      await session.ping();
      const sql = `SELECT current_user, current_database(), current_setting('application_name'),
        current_setting('TimeZone') <> 'Asia/Tokyo', current_setting('statement_timeout') = '7s'`;
      assert.deepEqual(await askRow(session, sql), ['test', 'postgres', 'query-exporter', '1', '0']);
    } finally {
      for (const name of Object.keys(variables)) delete process.env[name];
      Object.assign(process.env, inherited);
    }
  });

  it('gives up at its connect timeout and when its deadline ends', async () => {
    await using mute = await FakePostgres.start([], '', true);
    const late = await assertFails(openSession({ port: mute.port, connectTimeoutMs: 50 }), 'connect');
    assert.equal(late.message, `no connection to 127.0.0.1:${mute.port} within 50ms`);
    using over = never();
    over.stop();
    const open = postgresSessions.open(targetOf({ port: mute.port }), meansOf(), over);
    await assert.rejects(open, (error) => error === over.signal.reason);
  });
});

describe('what is no PostgreSQL server, or not an honest one', () => {
  const refusal = async (fake: FakePostgres, reason: 'auth' | 'connect', text: RegExp): Promise<void> => {
    const failed = await assertFails(openSession({ port: fake.port }), reason);
    assert.match(failed.message, text);
    assert.doesNotMatch(failed.message, /test123/);
    assert.doesNotMatch(fake.received.toString('latin1'), /test123/);
  };

  it('is known by its first words', async () => {
    const greetings = ['J\0\0\0\n8.0.36\0', 'SSH-2.0-OpenSSH_9.2\r\n', '220 mail ESMTP\r\n', '\0\0\0\0\0\0'];
    for (const greeting of greetings) {
      await using fake = await FakePostgres.start([], greeting, true);
      await refusal(fake, 'connect', /^what listens there does not speak the PostgreSQL protocol$/);
    }
    await using http = await FakePostgres.start([Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]);
    await refusal(http, 'connect', /does not speak the PostgreSQL protocol/);
  });

  it('ends a login, never the process', async () => {
    const cases: readonly (readonly [Buffer, 'auth' | 'connect', RegExp])[] = [
      [authentication(7), 'auth', /asks for GSSAPI/],
      [authentication(9), 'auth', /asks for SSPI/],
      [authentication(99), 'auth', /asks for method 99/],
      [authentication(10, 'SCRAM-SHA-1\0\0'), 'auth', /asks for SCRAM-SHA-1 to log in/],
      [authentication(3), 'auth', /in clear text/],
      [message('E', 'no end'), 'connect', /an error without an end/],
      [failure('57P03', 'the database system is starting up'), 'connect', /\(57P03\)/],
      [failure('08P01', 'no such database: shop'), 'auth', /\(08P01\)/],
      [failure('08P01', 'database "shop" does not exist'), 'auth', /\(08P01\)/],
      [failure('08P01', 'no more connections allowed (max_client_conn)'), 'connect', /\(08P01\)/],
      [Buffer.concat([authentication(0), ready('I')]), 'connect', /the connection was lost/],
    ];
    for (const [answer, reason, text] of cases) {
      await using fake = await FakePostgres.start([answer]);
      await refusal(fake, reason, text);
    }
    for (const body of [message('R'), message('K', 'x'), authentication(12, 'v=abc')]) {
      await using fake = await FakePostgres.start([body]);
      await assertFails(openSession({ port: fake.port }), 'connect');
    }
  });

  it('is found out where it does not know the password itself', async () => {
    const nonceOf = (first: Buffer): string => /r=(.*)$/.exec(first.toString('latin1'))?.[1] ?? '';
    const serverFirst = (first: Buffer): Buffer =>
      authentication(11, `r=${nonceOf(first)}more,s=${Buffer.from('salt').toString('base64')},i=4096`);
    const wrong = createHash('sha256').update('guess').digest('base64');
    const welcome = Buffer.concat([authentication(0), ready('I')]);
    await using guessing = await FakePostgres.start([
      authentication(10, 'SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0'),
      serverFirst,
      Buffer.concat([authentication(12, `v=${wrong}`), welcome]),
    ]);
    await refusal(guessing, 'auth', /its signature is wrong: it does not know the password$/);
    await using silent = await FakePostgres.start([authentication(10, 'SCRAM-SHA-256\0\0'), serverFirst, welcome]);
    await refusal(silent, 'auth', /did not prove that it knows the password/);
    await using hasty = await FakePostgres.start([Buffer.concat([authentication(10, 'SCRAM-SHA-256\0\0'), welcome])]);
    await refusal(hasty, 'auth', /did not prove/);
    await using foreign = await FakePostgres.start([
      authentication(10, 'SCRAM-SHA-256\0\0'),
      authentication(11, 'r=other,s=c2FsdA==,i=4096'),
    ]);
    await refusal(foreign, 'auth', /its nonce is not ours/);
  });

  it('is PgBouncer where the console of that is asked', async () => {
    await using console = await FakePostgres.start(login('1.18.0/bouncer'));
    await refusal(console, 'connect', /PgBouncer's own console, which answers no queries of clients$/);
  });

  it('may be a pooler, behind which nothing outside of a transaction is sent', async () => {
    await using pooler = await FakePostgres.start([
      ...login('15.3', '8'),
      ready('T'),
      Buffer.concat([columns('n'), row('5'), message('C', 'SELECT 1\0'), ready('T')]),
      ready('I'),
      Buffer.concat([columns('pg_is_in_recovery'), row('0'), message('C', 'SELECT 1\0'), ready('I')]),
    ]);
    const session = await openSession({ port: pooler.port });
    assert.equal(session.cancelKey, '7 42 -');
    assert.deepEqual((await ask(session, 'SELECT 5')).rows, [['5']]);
    await session.closed;
    const said = pooler.received.toString('latin1');
    assert.match(said, /BEGIN READ ONLY; SET LOCAL .*SELECT 5.*ROLLBACK.*SELECT pg_is_in_recovery/s);
    assert.doesNotMatch(said, /DISCARD|SET (?!LOCAL)/);
  });
});
