import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RefreshError } from '../../src/model/failure.ts';
import { type Step, toFailure } from '../../src/sql/mysql/mysql-failures.ts';

/** As mysql2 makes it from an error packet: with the statement. */
function serverError(errno: number, message = 'it says', sqlState = 'HY000'): Error {
  return Object.assign(new Error(message), {
    errno,
    sqlMessage: message,
    sqlState,
    code: 'ER_X',
    sql: `SELECT 'hunter2'`,
  });
}

describe('a failure', () => {
  it('gets its reason from the number and from what was being done', () => {
    const reasons: readonly (readonly [number, Step, string])[] = [
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
      // An error packet is no lost connection: any number may stand in one.
      [500, 'running', 'query'],
      [1053, 'running', 'query'],
      [1927, 'running', 'query'],
      [1907, 'running', 'timeout'],
      [1064, 'running', 'query'],
      [1146, 'running', 'query'],
    ];
    for (const [errno, step, reason] of reasons) {
      const failure = toFailure(serverError(errno), step);
      assert.deepEqual([failure.reason, failure.errno, failure.sqlState], [reason, errno, 'HY000'], `${errno} ${step}`);
    }
  });

  it('of a socket is lost in mid-run and no connection before', () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104 });
    assert.equal(toFailure(reset, 'running').reason, 'lost');
    assert.equal(toFailure(reset, 'running').errno, null);
    assert.equal(toFailure(reset, 'connecting').reason, 'connect');
  });

  it('of several addresses names all of them', () => {
    const both = new AggregateError([
      new Error('connect ECONNREFUSED ::1:1'),
      new Error('connect ECONNREFUSED 127.0.0.1:1'),
    ]);
    const { message } = toFailure(both, 'connecting');
    assert.match(message, /::1:1, connect ECONNREFUSED 127/);
  });

  it('says what to do', () => {
    assert.equal(
      toFailure(serverError(1045, 'Access denied'), 'connecting').message,
      'Access denied (1045); check user and password',
    );
    const { message } = toFailure(serverError(1193, 'Unknown variable'), 'preparing');
    assert.equal(message, 'Unknown variable (1193) while setting up the session');
  });

  it('of an authentication method that is not supported is an auth failure that names it', () => {
    const unknown = Object.assign(new Error('Server requests authentication using unknown plugin parsec. See TODO'), {
      code: 'AUTH_SWITCH_PLUGIN_ERROR',
    });
    const failure = toFailure(unknown, 'connecting');
    assert.equal(failure.reason, 'auth');
    assert.match(
      failure.message,
      /method parsec, which is not supported; give the user caching_sha2_password, .* or ed25519$/,
    );
  });

  it('never holds the statement', () => {
    const syntax = `You have an error in your SQL syntax; check the manual for the right syntax to use near 'FORM t WHERE a = 'hunter2'\nAND b' at line 3`;
    const failure = toFailure(serverError(1064, syntax), 'running');
    assert.match(failure.message, /near 'FORM' at line 3/);
    assert.doesNotMatch(JSON.stringify(failure) + String(failure.stack) + String(failure.cause), /hunter2/);
  });

  it('says how much of the statement is hidden, so that nobody takes it for its end', () => {
    const message = (rest: string): string =>
      toFailure(serverError(1064, `the right syntax to use near '${rest}' at line 1`), 'running').message;
    assert.match(message(''), /near '' at line 1/);
    assert.match(message('`n from t'), /near 9 characters that are not shown at line 1/);
    assert.match(message(`'hunter2'' at line 1`), /near 20 characters that are not shown at line 1/);
    assert.match(message(';'), /near a character that is not shown at line 1/);
    assert.match(message(`(${'x'.repeat(79)}`), /near many characters that are not shown at line 1/);
    assert.match(message("select 'hunter2'"), /near 'select' at line 1/);
  });

  it('of a privilege that only writers need is no reason to grant it', () => {
    const refused = (commands: string, errno = 1142) =>
      toFailure(serverError(errno, `${commands} command denied to user 'ro'@'%' for table 't'`), 'running');
    for (const commands of ['DELETE', 'INSERT, DELETE', 'DROP', 'ALTER', 'CREATE VIEW', 'SELECT, UPDATE']) {
      const { reason, message } = refused(commands);
      assert.deepEqual([reason, message.endsWith('; queries may only read')], ['read_only', true], commands);
    }
    assert.equal(refused('UPDATE', 1143).reason, 'read_only');
    for (const commands of ['SELECT', 'SHOW VIEW']) {
      const { reason, message } = refused(commands);
      assert.deepEqual([reason, message.endsWith('; grant the user the privilege')], ['query', true], commands);
    }
  });

  it('at a limit of the administrator names that, and not the timeout', () => {
    const own = { variable: 'max_statement_time', ms: 2_000 };
    const { reason, message } = toFailure(serverError(1969, 'interrupted'), 'running', own);
    assert.equal(reason, 'timeout');
    assert.match(message, /gives this user a max_statement_time of 2s, which is less than the timeout/);
    assert.match(toFailure(serverError(1969, 'interrupted'), 'running').message, /or raise its timeout$/);
    assert.doesNotMatch(toFailure(serverError(1146, 'no such table'), 'running', own).message, /max_statement_time/);
  });

  it('that has been told apart stays as it is', () => {
    const failure = new RefreshError('empty', 'no row');
    assert.equal(toFailure(failure, 'running'), failure);
  });
});
