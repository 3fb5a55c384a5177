import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ParsedDsn } from '../../src/model/dsn.ts';
import { parseDsn } from '../../src/sql/dsn.ts';

describe('a DSN in the form of Go', () => {
  it('is divided by its last @ and its last slash', () => {
    assert.deepEqual(read('user:p@ss:w/o?rd@tcp(127.0.0.1:3306)/db?timeout=5s&tls=skip-verify&charset=utf8mb4'), {
      engine: 'mysql',
      address: { kind: 'tcp', host: '127.0.0.1', port: 3306 },
      user: 'user',
      password: 'p@ss:w/o?rd',
      database: 'db',
      connectTimeoutMs: 5_000,
      readTimeoutMs: null,
      tls: 'skip-verify',
    });
  });

  it('keeps any password as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (password) => {
        const parsed = read(`user:${password}@tcp(db1:3307)/shop`);
        assert.equal(parsed.password, password);
        assert.deepEqual(parsed.address, { kind: 'tcp', host: 'db1', port: 3307 });
      }),
    );
  });

  it('may leave out everything but the slash', () => {
    const { address, user, password, database } = read('/');
    assert.deepEqual(address, { kind: 'tcp', host: '127.0.0.1', port: 3306 });
    assert.deepEqual([user, password, database], ['', null, '']);
    assert.equal(read('root@/').user, 'root');
    assert.equal(read('root:@/').password, '');
    assert.equal(read('/a%2Fb').database, 'a/b');
  });

  it('names hosts, IPv6 addresses and sockets', () => {
    const places: Readonly<Record<string, ParsedDsn['address']>> = {
      'tcp([::1]:3307)/': { kind: 'tcp', host: '::1', port: 3307 },
      'tcp([::1])/': { kind: 'tcp', host: '::1', port: 3306 },
      'tcp(::1)/': { kind: 'tcp', host: '::1', port: 3306 },
      'tcp(db1.example.com)/': { kind: 'tcp', host: 'db1.example.com', port: 3306 },
      'tcp(:3307)/': { kind: 'tcp', host: '127.0.0.1', port: 3307 },
      'tcp/': { kind: 'tcp', host: '127.0.0.1', port: 3306 },
      'u@unix(/run/mysqld/mysqld.sock)/db': { kind: 'socket', path: '/run/mysqld/mysqld.sock' },
      'unix(/tmp/s(1))/': { kind: 'socket', path: '/tmp/s(1)' },
      'unix/': { kind: 'socket', path: '/tmp/mysql.sock' },
    };
    for (const [text, address] of Object.entries(places)) {
      assert.deepEqual(read(text).address, address, text);
    }
  });

  it('is refused where a part is missing or stands in the wrong place', () => {
    assertProblem('', /is empty.*tcp\(host:port\).*mysql:\/\//);
    assertProblem('user:hunter2@tcp(127.0.0.1:3306)', /slash/);
    assertProblem('u:hunter2@unix(/path)', /closing brace|slash/);
    assertProblem('u:hunter2@tcp(127.0.0.1:3306/db', /closing brace/);
    assertProblem('u:hunter2@db1:3306/db', /protocol.*tcp\(host:port\)/);
    assertProblem('u:hunter2@udp(db1:3306)/db', /protocol/);
    assertProblem('u:hunter2@tcp(db1:3306)/db?loc=Asia/Seoul', /%2F/);
    assertProblem('u:hunter2@unix(run/s)/', /socket/);
    for (const port of ['0', '65536', '', 'x', '-1']) assertProblem(`u:hunter2@tcp(db1:${port})/`, /port|host:port/);
    for (const host of ['[db1]', '[::1', 'a b', '1:2:3']) assertProblem(`u:hunter2@tcp(${host})/`, /host:port/);
    assertProblem('/db%zz', /percent/);
  });
});

describe('a DSN as a URL', () => {
  it('is percent-decoded', () => {
    assert.deepEqual(read('mysql://u:p%40ss%2F@h:3307/sh%6Fp?timeout=500ms&readTimeout=1m&tls=true'), {
      engine: 'mysql',
      address: { kind: 'tcp', host: 'h', port: 3307 },
      user: 'u',
      password: 'p@ss/',
      database: 'shop',
      connectTimeoutMs: 500,
      readTimeoutMs: 60_000,
      tls: 'verify',
    });
    assert.deepEqual(read('mariadb://[::1]').address, { kind: 'tcp', host: '::1', port: 3306 });
    assert.deepEqual(read('MySQL://h').address, { kind: 'tcp', host: 'h', port: 3306 });
    assert.equal(read('mysql://u@h').password, null);
  });

  it('keeps any password that is encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (password) => {
        assert.equal(read(`mysql://u:${encodeURIComponent(password)}@h/db`).password, password);
      }),
    );
  });

  it('with a character that has to be encoded is refused with both forms', () => {
    for (const password of ['hun@ter2', 'hun/ter2', 'hun?ter2', 'hun#ter2', 'hun:ter2', 'hun%ter2']) {
      assertProblem(`mysql://u:${password}@h:3306/db`, /%40.*user:password@tcp\(host:port\)\/database/, 'ter2');
    }
  });

  it('of another database is refused', () => {
    assertProblem('postgres://u:hunter2@h/db', /PostgreSQL is not available yet/);
    assertProblem('postgresql://u:hunter2@h/db', /PostgreSQL is not available yet/);
    assertProblem('oracle://u:hunter2@h/db', /unknown scheme/);
  });

  it('names a file of SQLite', () => {
    const path = (text: string): string => {
      const { engine, address } = read(text);
      assert.equal(engine, 'sqlite');
      return address.kind === 'file' ? address.path : assert.fail(address.kind);
    };
    assert.equal(path('sqlite:shop.db'), 'shop.db');
    assert.equal(path('sqlite:/var/lib/a%20b.db'), '/var/lib/a%20b.db');
    assert.equal(path('sqlite:///var/lib/a%20b.db'), '/var/lib/a b.db');
    assert.equal(path('sqlite::memory:'), ':memory:');
    assertProblem('sqlite:', /names no file/);
    assertProblem('sqlite://host/a.db', /names a host/);
    assertProblem('sqlite:a.db?mode=ro', /no parameters/);
  });
});

describe('a parameter of a DSN', () => {
  it('takes durations as Go writes them', () => {
    const timeout = (value: string): number | null => read(`/?timeout=${value}`).connectTimeoutMs;
    assert.deepEqual(['1m30s', '500ms', '1.5s', '.5s', '1h', '1500us', '1500%C2%B5s', '2ns', '0', '0s'].map(timeout), [
      90_000,
      500,
      1_500,
      500,
      3_600_000,
      2,
      2,
      1,
      null,
      null,
    ]);
    for (const value of ['5', '5S', '5+s', '-1s', '1d', '', 's', '1e3s', '1s2']) {
      assertProblem(`/?timeout=${value}`, /timeout that is not a Go duration/);
      assertProblem(`mysql://h/?readTimeout=${value}`, /readTimeout that is not a Go duration/);
    }
    assertProblem('/?timeout=25h', /more than a day/);
  });

  it('never leads to plain text by accident', () => {
    const tls = (value: string): ParsedDsn['tls'] => read(`/?tls=${value}`).tls;
    assert.deepEqual(['true', '1', 'false', 'skip-verify', 'Skip-Verify'].map(tls), [
      ...['verify', 'verify', 'off', 'skip-verify', 'skip-verify'],
    ] as const);
    assert.equal(read('/').tls, null);
    assertProblem('/?tls=preferred', /preferred.*plain text/);
    assertProblem('/?tls=bogus', /not true, skip-verify or false/);
    assertProblem('/?tls=', /not true, skip-verify or false/);
  });

  it('is taken where it cannot matter and refused where it would', () => {
    read(
      '/?parseTime=true&loc=Asia%2FSeoul&charset=utf8mb4,utf8&collation=x&interpolateParams=true&maxAllowedPacket=0',
    );
    read(
      '/?allowNativePasswords=false&checkConnLiveness=false&clientFoundRows=true&writeTimeout=5s&multiStatements=false',
    );
    assertProblem('/?multiStatements=true', /multiStatements.*one statement/);
    assertProblem('/?allowCleartextPasswords=1', /allowCleartextPasswords/);
    assertProblem('/?columnsWithAlias=yes', /true or false/);
    assertProblem('/?serverPubKey=x', /serverPubKey/);
  });

  it('that is unknown, repeated or broken is refused without being shown', () => {
    assertProblem('/?hunter2=1', /unknown parameter in position 1.*init_sql/);
    assertProblem('/?timeout=5s&timeout=6s', /parameter 2 a second time/);
    assertProblem('/?tls=true&hunter2', /parameter 2/);
    assertProblem('/?__proto__=hunter2', /unknown parameter/);
    assertProblem('/?charset=%zzhunter2', /percent/);
  });
});

it('is never quoted by a problem', () => {
  const piece = fc.constantFrom(
    ...['mysql://', 'secretword', '@', ':', '/', '?', '#', '%', 'tcp(', ')', '&', '=', 'tls='],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const result = parseDsn(pieces.join(''));
      if (!result.ok) assert.doesNotMatch(result.problem, /secretword/);
    }),
  );
});

function read(text: string): ParsedDsn {
  const result = parseDsn(text);
  return result.ok ? result.dsn : assert.fail(`${text}: ${result.problem}`);
}

function assertProblem(text: string, wanted: RegExp, secret = 'hunter2'): void {
  const result = parseDsn(text);
  if (result.ok) assert.fail(`taken: ${text}`);
  assert.match(result.problem, wanted, text);
  assert.ok(!result.problem.includes(secret), `shows the password: ${result.problem}`);
}
