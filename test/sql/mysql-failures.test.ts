import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RefreshError } from '../../src/model/failure.ts';
import { type Phase, toFailure } from '../../src/sql/mysql/failures.ts';
import { targetOf } from '../support/plan-parts.ts';

const subject = {
  target: targetOf({ engine: 'mysql', address: { kind: 'tcp', host: 'h', port: 1 } }),
  query: 'orders',
};

/** As mysql2 makes it from an error packet: with the statement. */
function serverError(errno: number, message = 'it says', sqlState = 'HY000'): Error {
  return Object.assign(new Error(message), { errno, sqlState, code: 'ER_X', sql: `SELECT 'hunter2'` });
}

describe('a failure', () => {
  it('gets its reason from the number and from what was being done', () => {
    const reasons: readonly (readonly [number, Phase, string])[] = [
      [1045, 'connecting', 'auth'],
      [1049, 'connecting', 'auth'],
      [1698, 'connecting', 'auth'],
      [3118, 'connecting', 'auth'],
      [4151, 'connecting', 'auth'],
      [1040, 'connecting', 'connect'],
      [1203, 'connecting', 'connect'],
      [1129, 'connecting', 'connect'],
      [9999, 'connecting', 'connect'],
      [1053, 'connecting', 'connect'],
      [1193, 'preparing', 'query'],
      [1044, 'init_sql', 'query'],
      [1205, 'running', 'timeout'],
      [1969, 'running', 'timeout'],
      [3024, 'running', 'timeout'],
      [1317, 'running', 'query'],
      [1792, 'running', 'read_only'],
      [1290, 'running', 'read_only'],
      [1065, 'running', 'no_result'],
      [1053, 'running', 'lost'],
      [1927, 'running', 'lost'],
      [4031, 'running', 'lost'],
      [1064, 'running', 'query'],
      [1146, 'running', 'query'],
    ];
    for (const [errno, phase, reason] of reasons) {
      const failure = toFailure(serverError(errno), phase, subject);
      assert.deepEqual(
        [failure.reason, failure.errno, failure.sqlState],
        [reason, errno, 'HY000'],
        `${errno} ${phase}`,
      );
    }
  });

  it('of a socket is lost in mid-run and no connection before', () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104 });
    assert.equal(toFailure(reset, 'running', subject).reason, 'lost');
    assert.equal(toFailure(reset, 'running', subject).errno, null);
    assert.equal(toFailure(reset, 'connecting', subject).reason, 'connect');
  });

  it('of several addresses names all of them', () => {
    const both = new AggregateError([
      new Error('connect ECONNREFUSED ::1:1'),
      new Error('connect ECONNREFUSED 127.0.0.1:1'),
    ]);
    const { message } = toFailure(both, 'connecting', subject);
    assert.match(message, /::1:1, connect ECONNREFUSED 127/);
  });

  it('says what to do', () => {
    assert.equal(
      toFailure(serverError(1045, 'Access denied'), 'connecting', subject).message,
      'query "orders" on target "db1": Access denied (1045); check user and password',
    );
    const { message } = toFailure(serverError(1193, 'Unknown variable'), 'preparing', { ...subject, query: null });
    assert.equal(message, 'target "db1": Unknown variable (1193) while setting up the session');
  });

  it('of an authentication method that is not supported is an auth failure that names it', () => {
    const unknown = Object.assign(
      new Error('Server requests authentication using unknown plugin client_ed25519. See TODO'),
      {
        code: 'AUTH_SWITCH_PLUGIN_ERROR',
      },
    );
    const failure = toFailure(unknown, 'connecting', subject);
    assert.equal(failure.reason, 'auth');
    assert.match(failure.message, /client_ed25519, which is not supported; give the user another/);
  });

  it('never holds the statement', () => {
    const syntax = `You have an error in your SQL syntax; check the manual for the right syntax to use near 'FORM t WHERE a = 'hunter2'\nAND b' at line 3`;
    const failure = toFailure(serverError(1064, syntax), 'running', subject);
    assert.match(failure.message, /near 'FORM' at line 3/);
    assert.doesNotMatch(JSON.stringify(failure) + String(failure.stack) + String(failure.cause), /hunter2/);
  });

  it('that has been told apart stays as it is', () => {
    const failure = new RefreshError('empty', 'no row');
    assert.equal(toFailure(failure, 'running', subject), failure);
  });
});
