// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the notation under test
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSourceDsn, type SqliteSlashes } from '../../src/commands/convert/source-dsn.ts';

const FOUND: readonly (readonly [dsn: string, keys: object, secret: string | null, lost?: readonly string[]])[] = [
  ['mysql://u:pw@h:3306/d', { dsn: 'mysql://u@h:3306/d' }, 'pw'],
  ['mysql://u:p%40w@h/d', { dsn: 'mysql://u@h/d' }, 'p@w'],
  ['mysql+pymysql://u:pw@h/d', { dsn: 'mysql://u@h/d' }, 'pw'],
  ['mysql://u:p@/w@tcp(h:3306)/d', { dsn: 'u@tcp(h:3306)/d' }, 'p@/w'],
  ['u:pw@tcp(h:3306)/d?parseTime=true&shard=2', { dsn: 'u@tcp(h:3306)/d?parseTime=true' }, 'pw', ['shard']],
  ['mysql:pw@tcp(h)/d', { dsn: 'mysql@tcp(h)/d' }, 'pw'],
  ['u@unix(/run/mysqld.sock)/d', { dsn: 'u@unix(/run/mysqld.sock)/d' }, null],
  ['mysql://u:${PW}@h/d', { dsn: 'mysql://u:${PW}@h/d' }, null],
  ['mysql://u:a${PW}@h/d', { dsn: 'mysql://u@h/d' }, 'a${PW}'],
  ['postgres://u:pw@h:5433?sslmode=disable', { dsn: 'postgres://u@h:5433/u?sslmode=disable' }, 'pw'],
  ['postgresql+psycopg2://u:p/w@h/d', { dsn: 'postgres://u@h/d' }, 'p/w'],
  ['pg://h/d?application_name=x&sslmode=prefer&options=-c', { dsn: 'postgres://h/d' }, null, ['sslmode', 'options']],
  [
    'postgresql://u@/var/run/postgresql/d?sslmode=disable',
    { engine: 'postgres', socket: '/var/run/postgresql', user: 'u', database: 'd' },
    null,
  ],
  ["host=h user=u password='p\\'w' dbname=d sslmode=require", { dsn: 'postgres://u@h/d?sslmode=require' }, "p'w"],
  ['host=/run/postgresql user=u', { engine: 'postgres', socket: '/run/postgresql', user: 'u', database: 'u' }, null],
  ['sqlite:///var/lib/a.db', { dsn: 'sqlite:/var/lib/a.db' }, null],
  ['sqlite3:a.db', { dsn: 'sqlite:a.db' }, null],
  ['file:a.db?cache=shared', { dsn: 'sqlite:a.db' }, null, ['cache']],
];

for (const [dsn, keys, secret, lost = []] of FOUND) {
  test(`${dsn} becomes a target without its password`, () => {
    const reading = readSourceDsn(dsn);
    assert.ok(reading.ok);
    assert.deepEqual(reading.found.keys, keys);
    assert.equal(reading.found.secret, secret);
    assert.deepEqual(reading.found.lost, lost);
  });
}

const SLASHES: readonly (readonly [dsn: string, expected: string])[] = [
  ['sqlite:////var/lib/a.db', 'sqlite:/var/lib/a.db'],
  ['sqlite:///a.db', 'sqlite:a.db'],
  ['sqlite://', 'sqlite::memory:'],
];

for (const [dsn, expected] of SLASHES) {
  test(`${dsn} is read as SQLAlchemy does`, () => {
    const slashes: SqliteSlashes = 'sqlalchemy';
    const reading = readSourceDsn(dsn, slashes);
    assert.deepEqual(reading.ok && reading.found.keys, { dsn: expected });
  });
}

const REFUSED: readonly (readonly [dsn: string, problem: RegExp])[] = [
  ['sqlserver://u:hunter2@h/d', /no engine for SQL Server/],
  ['rds-mysql://u:hunter2@h/d', /no engine for the scheme "rds-mysql"/],
  ['u:hunter2@h', /^the DSN lacks the slash/],
  ['postgres://u:hunter?2@h/d', /cannot be divided/],
];

for (const [dsn, problem] of REFUSED) {
  test(`${dsn} is refused without showing its password`, () => {
    const reading = readSourceDsn(dsn);
    assert.ok(!reading.ok);
    assert.match(reading.problem, problem);
    assert.doesNotMatch(reading.problem, /hunter/);
  });
}
