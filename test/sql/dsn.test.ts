import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseDsn } from '../../src/sql/dsn.ts';
import { type GivenConnection, NO_TLS_GIVEN } from '../../src/sql/given-connection.ts';

describe('a DSN in the form of Go', () => {
  it('is divided by its last @ and its last slash', () => {
    assert.deepEqual(read('user:p@ss:w/o?rd@tcp(127.0.0.1:3306)/db?timeout=5s&tls=skip-verify&charset=utf8mb4'), {
      host: '127.0.0.1',
      port: 3306,
      socket: null,
      user: 'user',
      password: 'p@ss:w/o?rd',
      database: 'db',
      connectTimeoutMs: 5_000,
      readTimeoutMs: null,
      tls: { ...NO_TLS_GIVEN, mode: 'skip-verify' },
    });
  });

  it('keeps any password as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (password) => {
        const parsed = read(`user:${password}@tcp(db1:3307)/shop`);
        assert.equal(parsed.password, password || null);
        assert.deepEqual([parsed.host, parsed.port], ['db1', 3307]);
      }),
    );
  });

  it('may leave out everything but the slash', () => {
    const { host, port, socket, user, password, database } = read('/');
    assert.deepEqual([host, port, socket, user, password, database], [null, null, null, null, null, null]);
    assert.equal(read('root@/').user, 'root');
    assert.equal(read('root:@/').password, null);
    assert.equal(read('/a%2Fb').database, 'a/b');
  });

  it('names hosts, IPv6 addresses and sockets', () => {
    const places: Readonly<Record<string, readonly [string | null, number | null, string | null]>> = {
      'tcp([::1]:3307)/': ['::1', 3307, null],
      'tcp([::1])/': ['::1', null, null],
      'tcp(::1)/': ['::1', null, null],
      'tcp(db1.example.com)/': ['db1.example.com', null, null],
      'tcp(:3307)/': [null, 3307, null],
      'tcp/': [null, null, null],
      'u@unix(/run/mysqld/mysqld.sock)/db': [null, null, '/run/mysqld/mysqld.sock'],
      'unix(/tmp/s(1))/': [null, null, '/tmp/s(1)'],
      'unix/': [null, null, '/tmp/mysql.sock'],
    };
    for (const [text, place] of Object.entries(places)) {
      const { host, port, socket } = read(text);
      assert.deepEqual([host, port, socket], place, text);
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
      host: 'h',
      port: 3307,
      socket: null,
      user: 'u',
      password: 'p@ss/',
      database: 'shop',
      connectTimeoutMs: 500,
      readTimeoutMs: 60_000,
      tls: { ...NO_TLS_GIVEN, mode: 'verify' },
    });
    assert.equal(read('mariadb://[::1]').host, '::1');
    assert.equal(read('MySQL://h').host, 'h');
    assert.equal(read('mysql://u@h').password, null);
  });

  it('keeps any password that is encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (password) => {
        assert.equal(read(`mysql://u:${encodeURIComponent(password)}@h/db`).password, password || null);
      }),
    );
  });

  it('with a character that has to be encoded is refused with both forms', () => {
    for (const password of ['hun@ter2', 'hun/ter2', 'hun?ter2', 'hun#ter2', 'hun:ter2', 'hun%ter2']) {
      assertProblem(`mysql://u:${password}@h:3306/db`, /%40.*user:password@tcp\(host:port\)\/database/, 'ter2');
    }
  });

  it('of another database is refused', () => {
    assertProblem('oracle://u:hunter2@h/db', /unknown scheme; write user:password@tcp.* or sqlite:path$/);
  });

  it('names a file of SQLite', () => {
    const path = (text: string): string | null => {
      const result = parseDsn(text);
      assert.equal(result.ok && result.engine.name, 'sqlite');
      return read(text).database;
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
    const tls = (value: string) => read(`/?tls=${value}`).tls.mode;
    assert.deepEqual(['true', '1', 'false', 'skip-verify', 'Skip-Verify'].map(tls), [
      ...['verify', 'verify', 'off', 'skip-verify', 'skip-verify'],
    ] as const);
    assert.equal(read('/').tls.mode, null);
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

  it('that is wrong hides no other', () => {
    const result = parseDsn('/?nonsense=1&timeout=5&timeout=6s&hunter2&tls=%zz');
    assert.deepEqual(!result.ok && result.problems.map((problem) => problem.slice(0, 40)), [
      'gives parameter 3 a second time',
      'has no name=value as parameter 4',
      'has a percent sign that does not begin a',
      'has an unknown parameter in position 1; ',
      'has a timeout that is not a Go duration ',
    ]);
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
      if (!result.ok) assert.doesNotMatch(result.problems.join(), /secretword/);
    }),
  );
});

function read(text: string): GivenConnection {
  const result = parseDsn(text);
  return result.ok ? result.given : assert.fail(`${text}: ${result.problems}`);
}

function assertProblem(text: string, wanted: RegExp, secret = 'hunter2'): void {
  const result = parseDsn(text);
  if (result.ok) assert.fail(`taken: ${text}`);
  const said = result.problems.join('; ');
  assert.match(said, wanted, text);
  assert.ok(!said.includes(secret), `shows the password: ${said}`);
}
