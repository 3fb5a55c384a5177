import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDsn } from '../../src/sql/dsn.ts';
import type { GivenConnection } from '../../src/sql/given-connection.ts';

function parse(text: string): GivenConnection {
  const result = parseDsn(text);
  assert.ok(result.ok, result.ok ? '' : `${text}: ${result.problems.join('; ')}`);
  assert.equal(result.engine.name, 'postgres', text);
  return result.given;
}

function problems(text: string): readonly string[] {
  const result = parseDsn(text);
  assert.ok(!result.ok, `expected problems with ${text}`);
  return result.problems;
}

const placeOf = (text: string): unknown => {
  const { host, port, socket } = parse(text);
  return socket ?? [host, port];
};

describe('a data source name of PostgreSQL', () => {
  it('is a URL', () => {
    assert.deepEqual(parse('postgres://me:p%40ss%3A%2F@db1:5433/shop?sslmode=verify-full&connect_timeout=5'), {
      host: 'db1',
      port: 5433,
      socket: null,
      user: 'me',
      password: 'p@ss:/',
      database: 'shop',
      connectTimeoutMs: 5_000,
      tls: { mode: 'verify', caFile: null, certFile: null, keyFile: null },
    });
    const bare = parse('postgresql://');
    assert.deepEqual([bare.host, bare.port, bare.socket], [null, null, null]);
    assert.deepEqual([bare.user, bare.password, bare.database, bare.tls.mode], [null, null, null, null]);
    assert.equal(parse('postgres://me:@db1/').password, null);
    assert.deepEqual(placeOf('POSTGRES://[::1]:5433/a'), ['::1', 5433]);
    assert.equal(parse('postgres://db1/%2Fshop').database, '/shop');
  });

  it('is a list of the keywords of libpq', () => {
    const full = parse(
      `host=db1 port = 5433 user='my user' password='a\\'b\\\\c d' dbname=shop sslmode=disable application_name=x`,
    );
    assert.deepEqual([full.host, full.port], ['db1', 5433]);
    assert.deepEqual([full.user, full.password, full.database, full.tls.mode], ['my user', `a'b\\c d`, 'shop', 'off']);
    assert.equal(parse(`password=a\\ b\\'c user=''`).password, `a b'c`);
    assert.deepEqual(placeOf('  dbname=shop\n  user=me '), [null, null]);
    for (const text of [`user='open`, 'user=me password', 'user=me =x', `user='a'b`]) {
      assert.match(problems(text).join(), /cannot be read after parameter \d/);
    }
  });

  it('is known by its beginning', () => {
    for (const text of ['postgres://', 'PostgreSQL://x', 'host=a', ' user = b']) parse(text);
    for (const text of ['mysql://x@h/d', 'me:pw@tcp(db1)/shop', 'sqlite:a.db']) {
      const result = parseDsn(text);
      assert.ok(result.ok && result.engine.name !== 'postgres', text);
    }
  });

  it('names a socket by its folder or itself', () => {
    assert.equal(placeOf('postgres://me@/shop?host=/run/pg'), '/run/pg/.s.PGSQL.5432');
    assert.equal(placeOf('postgres://me@%2Frun%2Fpg/shop'), '/run/pg/.s.PGSQL.5432');
    assert.equal(placeOf('host=/run/pg port=5433'), '/run/pg/.s.PGSQL.5433');
    assert.equal(placeOf('host=/run/pg/.s.PGSQL.5434'), '/run/pg/.s.PGSQL.5434');
    // Nobody else is on a socket, and libpq asks for no encryption either.
    assert.equal(parse('host=/run/pg sslmode=verify-full sslrootcert=/ca.pem').tls.mode, null);
    assert.match(problems('postgres://me@/var/run/postgresql/shop').join(), /socket is given as \?host=\/folder$/);
  });

  it('says how far the encryption goes in the words of libpq', () => {
    const tlsOf = (parameters: string): unknown => {
      const { mode, caFile } = parse(`postgres://db1/a?${parameters}`).tls;
      return [mode, caFile];
    };
    assert.deepEqual(tlsOf('sslmode=disable'), ['off', null]);
    assert.deepEqual(tlsOf('sslmode=require'), ['skip-verify', null]);
    assert.deepEqual(tlsOf('sslmode=verify-ca&sslrootcert=ca.pem'), ['verify-ca', 'ca.pem']);
    assert.deepEqual(tlsOf('sslmode=verify-full&sslrootcert=/ca.pem'), ['verify', '/ca.pem']);
    assert.deepEqual(tlsOf('sslmode=require&sslrootcert=ca.pem'), ['verify-ca', 'ca.pem']);
    assert.deepEqual(tlsOf('sslrootcert=system'), ['verify', null]);
    const { certFile, keyFile } = parse('sslmode=require sslcert=c.pem sslkey=k.pem').tls;
    assert.deepEqual([certFile, keyFile], ['c.pem', 'k.pem']);
    for (const word of ['prefer', 'allow']) {
      assert.match(problems(`sslmode=${word}`).join(), /may end in plain text: use verify-full, verify-ca, require or/);
    }
    assert.match(problems('sslmode=bogus').join(), /sslmode that is not disable, require, verify-ca or verify-full$/);
    assert.match(problems('sslrootcert=ca.pem').join(), /works only with sslmode verify-ca or verify-full$/);
    assert.match(problems('sslmode=require sslkey=k.pem').join(), /sslcert and sslkey, which need each other$/);
  });

  it('passes over parameters that make no difference, and refuses those that would', () => {
    parse(
      'postgres://db1/a?application_name=x&fallback_application_name=x&client_encoding=latin1&binary_parameters=yes' +
        '&pool_max_conns=10&keepalives_idle=5&gssencmode=disable&target_session_attrs=any&channel_binding=prefer',
    );
    for (const [parameter, advice] of [
      ['options=-csearch_path%3Da', /use init_sql$/],
      ['search_path=a', /use init_sql$/],
      ['statement_timeout=1', /use init_sql$/],
      ['TimeZone=UTC', /use init_sql$/],
      ['service=a', /write host, user and dbname here$/],
      ['passfile=a', /use password_file$/],
      ['target_session_attrs=read-write', /a target is one instance/],
      ['channel_binding=require', /use sslmode=verify-full$/],
      ['sslnegotiation=direct', /servers before 17/],
      ['gssencmode=require', /GSSAPI is not supported$/],
      ['bogus=1', /unknown parameter in position 1;/],
    ] as const) {
      assert.match(problems(`postgres://db1/a?${parameter}`).join(), advice);
    }
  });

  it('says everything that is wrong with its parameters', () => {
    const found = problems('postgres://db1/a?sslmode=prefer&bogus=1&connect_timeout=soon&service=x&user=a&user=b');
    assert.equal(found.length, 5, found.join('\n'));
  });

  it('has a limit for connecting in whole seconds', () => {
    const limits = ['connect_timeout=5', 'connect_timeout=0', 'connect_timeout=-1'];
    assert.deepEqual(
      limits.map((text) => parse(text).connectTimeoutMs),
      [5_000, null, null],
    );
    for (const text of ['1.5', '5s', '', '86401']) assert.equal(problems(`connect_timeout='${text}'`).length, 1);
  });

  it('names one host and one port', () => {
    for (const text of ['postgres://db1,db2/a', 'postgres://db1:1,db2:2/a', 'host=db1,db2', 'host=a port=1,2']) {
      assert.match(problems(text).join(), /names several hosts: a target is one instance/);
    }
    for (const text of ['postgres://db1:0/a', 'postgres://db1:65536/a', 'port=x']) {
      assert.match(problems(text).join(), /has a port that is not from 1 to 65535/);
    }
    assert.match(problems('postgres://db1:x/a').join(), /has an address that is not host:port/);
    assert.match(problems('postgres://db1/a?host=db2').join(), /gives host a second time/);
  });

  it('never quotes itself in a problem', () => {
    for (const text of [
      'postgres://me:secret@secret@db1/a',
      'postgres://me:sec/ret@db1/a',
      'postgres://me:secret:secret@db1/a',
      'postgres://me:%zzsecret@db1/a',
      'postgres://db1/a?secret=secret&secret=secret',
      `password='secret`,
      `host='secret secret'`,
      'port=secret',
      'sslmode=secret',
    ]) {
      assert.doesNotMatch(problems(text).join(), /secret/);
    }
  });
});
