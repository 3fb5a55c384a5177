import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dialectOf, sessionSetup } from '../../src/sql/mysql/session-setup.ts';

const COMMON = 'SET NAMES utf8mb4, SESSION';

describe('the statement that sets a session up', () => {
  const expected: Readonly<Record<string, string>> = {
    '5.5.5-10.11.6-MariaDB-0+deb12u1': 'tx_read_only max_statement_time=9.95',
    '11.1.1-MariaDB': 'transaction_read_only max_statement_time=9.95',
    '11.0.9-MariaDB-log': 'tx_read_only max_statement_time=9.95',
    '12.3.1-MariaDB': 'transaction_read_only max_statement_time=9.95',
    '10.0.38-MariaDB': 'tx_read_only',
    '8.4.2': 'transaction_read_only max_execution_time=9950',
    '8.0.36-28-log': 'transaction_read_only max_execution_time=9950',
    '8.0.mysql_aurora.3.05.2': 'transaction_read_only max_execution_time=9950',
    '5.7.20': 'transaction_read_only max_execution_time=9950',
    '5.7.19': 'tx_read_only max_execution_time=9950',
    '5.7.7': 'tx_read_only',
    '5.6.24': 'tx_read_only',
    nonsense: 'tx_read_only',
  };
  for (const [version, words] of Object.entries(expected)) {
    it(`names the variables of ${version}`, () => {
      const [readOnly, limit] = words.split(' ');
      const locks = 'SESSION lock_wait_timeout=10, SESSION innodb_lock_wait_timeout=10';
      const wanted = `${COMMON} ${readOnly}=1, ${locks}${limit === undefined ? '' : `, SESSION ${limit}`}`;
      assert.equal(sessionSetup(dialectOf(version), { leftMs: 10_000, slowLog: true }), wanted);
    });
  }

  it('limits a statement to a little less than what is left, and a lock to the second above', () => {
    const limits = (leftMs: number): string[] =>
      sessionSetup(dialectOf('11.4.2-MariaDB'), { leftMs, slowLog: true }).match(/(?<==)[\d.]+/g) ?? [];
    assert.deepEqual(limits(300), ['1', '1', '1', '0.27']);
    assert.deepEqual(limits(1_001), ['1', '2', '2', '0.951']);
    assert.deepEqual(limits(0.4), ['1', '1', '1', '0.001']);
  });

  it('keeps out of the slow log as far as the server lets it', () => {
    assert.match(sessionSetup(dialectOf('11.4.2-MariaDB'), { leftMs: 1, slowLog: false }), /SESSION slow_query_log=0$/);
    assert.match(sessionSetup(dialectOf('8.4.2'), { leftMs: 1, slowLog: false }), /SESSION long_query_time=31536000$/);
  });
});
