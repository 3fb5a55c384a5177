import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeServer, type ServerVersion } from '../../src/sql/mysql/server-version.ts';
import { limitVariables, type SetupTerms, serverLimitMs, setupParts } from '../../src/sql/mysql/session-setup.ts';

const MARIADB = serverOf('11.4.2-MariaDB-log');
const MYSQL = serverOf('8.4.2', 'MySQL Community Server - GPL');

describe('what a session is told', () => {
  it('is its limits and to write nothing, each in every form that servers know, the likely one first', () => {
    assert.deepEqual(formsOf(MARIADB), {
      'character set': ['NAMES utf8mb4'],
      'read-only': ['SESSION transaction_read_only=1', 'SESSION tx_read_only=1'],
      'lock wait': ['SESSION lock_wait_timeout=10'],
      'row lock wait': ['SESSION innodb_lock_wait_timeout=10'],
      limit: ['SESSION max_statement_time=9.95', 'SESSION max_execution_time=9950'],
    });
    assert.deepEqual(formsOf(MYSQL)['limit'], ['SESSION max_execution_time=9950', 'SESSION max_statement_time=9.95']);
  });

  it('names no lock shorter than a second, and whole seconds', () => {
    for (const [limitMs, seconds] of [
      [1, 1],
      [270, 1],
      [1_001, 2],
    ] as const) {
      const forms = formsOf(MARIADB, { limitMs });
      assert.deepEqual(forms['lock wait'], [`SESSION lock_wait_timeout=${seconds}`]);
      assert.deepEqual(forms['row lock wait'], [`SESSION innodb_lock_wait_timeout=${seconds}`]);
    }
  });

  it('lets a client that takes a lock be idle for no longer than its time', () => {
    assert.equal(formsOf(MARIADB)['idle'], undefined);
    assert.deepEqual(formsOf(MARIADB, { takesLock: true })['idle'], ['SESSION wait_timeout=11']);
  });

  it('keeps out of the slow log as far as the server lets it', () => {
    assert.equal(formsOf(MARIADB)['slow log'], undefined);
    const quiet = formsOf(MYSQL, { slowLog: false })['slow log'];
    assert.deepEqual(quiet, ['SESSION slow_query_log=0', 'SESSION long_query_time=31536000']);
  });

  it('says of every part that protects the server what is missing without it', () => {
    const parts = setupParts(MARIADB, { limitMs: 1_000, slowLog: false, takesLock: false });
    assert.deepEqual(
      parts.map(({ protection }) => protection),
      [null, 'read_only', 'lock_wait', 'lock_wait', 'deadline', null],
    );
  });
});

it('the limit of a statement is a little shorter than what is left', () => {
  assert.deepEqual([10_000, 1_001, 300, 0.4, -5].map(serverLimitMs), [9_950, 951, 270, 1, 1]);
});

it('a server is known by its version or its comment, whatever a proxy puts in front', () => {
  const versions: Readonly<Record<string, ServerVersion>> = {
    'MariaDB 10.11.6': serverOf('5.5.5-10.11.6-MariaDB-0+deb12u1'),
    'MariaDB 11.4.2': MARIADB,
    'MariaDB 10.6.1': serverOf('10.6.1', 'mariadb.org binary distribution'),
    'MySQL 8.4.2': MYSQL,
    'MySQL 8.0': serverOf('8.0.mysql_aurora.3.05.2'),
    'MySQL 5.5.30': serverOf('5.5.30'),
    'MySQL nonsense': serverOf('nonsense'),
  };
  for (const [name, server] of Object.entries(versions)) assert.equal(describeServer(server).version, name);
  assert.deepEqual(
    [MARIADB, MYSQL, serverOf('nonsense')].map((server) => describeServer(server).release),
    [
      { product: 'mariadb', numbers: [11, 4, 2] },
      { product: 'mysql', numbers: [8, 4, 2] },
      { product: 'mysql', numbers: [] },
    ],
  );
  assert.equal(limitVariables(versions['MariaDB 10.6.1'] ?? MYSQL)[0]?.variable, 'max_statement_time');
});

function serverOf(version: string, comment = ''): ServerVersion {
  return { version, comment };
}

function formsOf(server: ServerVersion, terms: Partial<SetupTerms> = {}): Record<string, readonly string[]> {
  const parts = setupParts(server, { limitMs: 9_950, slowLog: true, takesLock: false, ...terms });
  return Object.fromEntries(parts.map(({ name, forms }) => [name, forms]));
}
