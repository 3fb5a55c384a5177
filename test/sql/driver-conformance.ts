import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { RefreshError } from '../../src/model/failure.ts';
import type { RowSink } from '../../src/model/rows.ts';
import type { RunMark } from '../../src/model/run-mark.ts';
import type { Driver } from '../../src/sql/driver.ts';
import type { TargetParts } from '../support/plan-parts.ts';
import {
  ask,
  askOne,
  assertFails,
  eventually,
  LONG_MS,
  NEVER,
  notSent,
  RowList,
  requestOf,
  SetDeadline,
  watchStart,
} from './driver-bench.ts';

/**
 * One engine under test. Its database holds the table `fruit (id INTEGER, name TEXT)` with the rows (1, 'apple') and
 * (2, 'pear').
 */
export interface DriverBench extends AsyncDisposable {
  /** A new driver over the database; the caller closes it. Its target is called `db1` unless overridden. */
  open(overrides?: TargetParts): Driver;
  readonly sql: EngineSql;
  /** Cases that the engine cannot have, each with the reason. */
  readonly skips: Partial<Record<SkippableCase, string>>;
}

export interface EngineSql {
  /** Gives rows of one column `n`, from 1 to `rows`. */
  count(rows: number): string;
  /** Gives one row with one cell of so many bytes of text. */
  bigCell(bytes: number): string;
  /** Works for a minute before its first row. */
  readonly endless: string;
  /** Statements that succeed and give no result set. */
  readonly withoutResult: readonly string[];
  /** A statement for `init_sql` and one that gives a single cell by which its effect is seen. */
  readonly init: { readonly statement: string; readonly probe: string; readonly expected: string };
  /** Reading statements that change the session, and one that gives a single cell that must not have changed. */
  readonly leak: { readonly statements: readonly string[]; readonly probe: string; readonly expected: string | null };
  readonly missingForms?: readonly NewerForm[];
}

/** Forms of statements that old servers do not know. */
const NEWER_FORMS = { cte: 'WITH c AS (SELECT 1 AS n) SELECT n FROM c', values: 'VALUES (1)' } as const;

type NewerForm = keyof typeof NEWER_FORMS;

export type SkippableCase = 'binary' | 'guard' | 'init' | 'leak' | 'withoutResult';

/** What every driver promises, whatever the engine. */
export function describeDriver(name: string, setup: () => Promise<DriverBench>): void {
  describe(`the ${name} driver`, () => {
    let bench: DriverBench;
    before(async () => {
      bench = await setup();
    });
    after(async () => {
      await bench[Symbol.asyncDispose]();
    });

    it('streams the names of the columns and then the rows', async () => {
      await using driver = bench.open();
      const { names, rows } = await ask(driver, 'SELECT id, name FROM fruit ORDER BY id');
      assert.deepEqual(names, ['id', 'name']);
      assert.deepEqual(rows, [
        ['1', 'apple'],
        ['2', 'pear'],
      ]);
    });

    it('asks the statement of a when first, and its own only where the first cell of that is a number other than 0', async () => {
      await using driver = bench.open({ initSql: ['SELECT 1'] });
      for (const [sql, holds] of [
        ['SELECT 2', true],
        ['SELECT 0', false],
        [`SELECT 'yes'`, false],
        ['SELECT 1 FROM fruit WHERE id > 2', false],
      ] as const) {
        const list = new RowList();
        const marks: RunMark[] = [];
        const when = { role: null, version: null, sql };
        const why = await driver.run(
          requestOf('SELECT 7 AS n', { when, onStart: (mark) => marks.push(mark) }),
          list,
          NEVER,
        );
        assert.equal(why === null, holds, sql);
        assert.deepEqual(list.rows, holds ? [['7']] : []);
        assert.equal(marks.length, 1);
      }
    });

    it('fails with the reason of the statement of a when, and says where', async () => {
      await using driver = bench.open();
      const when = { role: null, version: null, sql: 'SELECT 1 FROM nothing' };
      const { message } = await assertFails(driver.run(requestOf('SELECT 1', { when }), new RowList(), NEVER), 'query');
      assert.match(message, /^in when: .*nothing/);
    });

    it('gives the names of the columns when no row comes', async () => {
      await using driver = bench.open();
      const { names, rows } = await ask(driver, 'SELECT id, name FROM fruit WHERE id > 2');
      assert.deepEqual(names, ['id', 'name']);
      assert.deepEqual(rows, []);
    });

    it('gives values as exact text and NULL as null', async () => {
      await using driver = bench.open();
      const sql = `SELECT 9007199254740993 AS i, -1.5 AS d, 'grün 🍐' AS t, '' AS e, NULL AS n`;
      assert.deepEqual((await ask(driver, sql)).rows, [['9007199254740993', '-1.5', 'grün 🍐', '', null]]);
    });

    it('gives binary values as they are', async (t) => {
      if (skipped(t, 'binary')) return;
      await using driver = bench.open();
      const cells: (Uint8Array | null)[] = [];
      const sink: RowSink = {
        columns: () => undefined,
        row: (row) => cells.push(...row.cells().map((cell) => cell && Uint8Array.from(cell))),
      };
      await driver.run(requestOf(`SELECT x'00FFFE' AS b`), sink, NEVER);
      assert.deepEqual(cells, [Uint8Array.of(0, 255, 254)]);
    });

    it('keeps columns of one name apart, and any name of a column', async () => {
      await using driver = bench.open();
      const { names, rows } = await ask(driver, 'SELECT 1 AS a, 2 AS a, 3 AS "A", 4 AS __proto__, 5 AS constructor');
      assert.deepEqual(names, ['a', 'a', 'A', '__proto__', 'constructor']);
      assert.deepEqual(rows, [['1', '2', '3', '4', '5']]);
      assert.deepEqual(await askOne(driver, 'SELECT 6 AS n'), ['6']);
    });

    it('takes semicolons, comments, CTEs, VALUES and parentheses around a statement', async () => {
      await using driver = bench.open();
      for (const sql of [
        'SELECT 1 AS n;',
        'SELECT 1 AS n ; -- the end',
        'SELECT 1 AS n -- the end',
        '/* first */ SELECT 1 AS n',
        '-- first\nSELECT 1 AS n\n',
        'SELECT n FROM (SELECT 1 AS n) AS c',
        ...Object.entries(NEWER_FORMS).flatMap(([form, newer]) =>
          bench.sql.missingForms?.includes(form as NewerForm) ? [] : [newer],
        ),
      ]) {
        assert.deepEqual(await askOne(driver, sql), ['1'], sql);
      }
    });

    it('does not take question marks and colons in a literal for placeholders', async () => {
      await using driver = bench.open();
      const [row] = (await ask(driver, `SELECT '?' AS a, ':name' AS b, '*/' AS c, '@x' AS d`)).rows;
      assert.deepEqual(row, ['?', ':name', '*/', '@x']);
    });

    it('runs one statement only', async () => {
      await using driver = bench.open();
      await assertFails(ask(driver, 'SELECT 1 AS n; DROP TABLE fruit'), 'query');
      await assertFruitUnchanged(driver);
    });

    it('refuses every statement that writes', async () => {
      await using driver = bench.open();
      for (const sql of [
        `INSERT INTO fruit VALUES (3, 'plum')`,
        `UPDATE fruit SET name = 'plum'`,
        'DELETE FROM fruit',
        'DROP TABLE fruit',
        'CREATE TABLE other (id INTEGER)',
      ]) {
        await assertFails(ask(driver, sql), 'read_only');
      }
      await assertFruitUnchanged(driver);
    });

    it('says of a statement without a result set that it has none', async (t) => {
      if (skipped(t, 'withoutResult')) return;
      await using driver = bench.open();
      for (const sql of bench.sql.withoutResult) await assertFails(ask(driver, sql), 'no_result');
      await assertFruitUnchanged(driver);
    });

    it('says what the server refused, and never quotes the statement', async () => {
      await using driver = bench.open();
      const missing = await assertFails(ask(driver, `SELECT 'hunter2' AS a FROM no_such_table`), 'query');
      assert.match(missing.message, /no_such_table/);
      assert.doesNotMatch(missing.message, /hunter2/);
      await assertFails(ask(driver, 'SELEC 1'), 'query');
      await assertFruitUnchanged(driver);
    });

    it('stops a result at the first row too many', async () => {
      await using driver = bench.open();
      const list = new RowList();
      const failure = await assertFails(
        driver.run(requestOf(bench.sql.count(1_000_000), { maxRows: 100 }), list, NEVER),
        'too_large',
      );
      assert.match(failure.message, /\b100\b/);
      assert.equal(list.rows.length, 100);
      const { rows } = await ask(driver, bench.sql.count(100), { maxRows: 100 });
      assert.equal(rows.length, 100);
    });

    it('stops a result at the first row that passes the bytes allowed', async () => {
      await using driver = bench.open();
      const list = new RowList();
      const failure = await assertFails(
        driver.run(requestOf(bench.sql.count(100_000), { maxRows: 1_000_000, maxBytes: 50 }), list, NEVER),
        'too_large',
      );
      assert.match(failure.message, /\b50\b/);
      // 1 to 9 are 9 bytes, 10 to 29 are 40: that is the last row that fits within 50 bytes.
      assert.equal(list.rows.length, 29);
      assert.equal((await ask(driver, bench.sql.bigCell(1_000), { maxBytes: 1_000 })).rows.length, 1);
      await assertFails(ask(driver, bench.sql.bigCell(1_001), { maxBytes: 1_000 }), 'too_large');
    });

    it('ends a statement at its deadline', async () => {
      await using driver = bench.open();
      using deadline = new SetDeadline(9_000);
      const { started, onStart } = watchStart();
      const ended = assertFails(ask(driver, bench.sql.endless, { onStart }, deadline), 'timeout');
      await started;
      deadline.expire();
      assert.match((await ended).message, /timeout of 9s/);
      await assertFruitUnchanged(driver);
    });

    it('ends a statement that is stopped', async () => {
      await using driver = bench.open();
      using deadline = new SetDeadline();
      const onStart = (): unknown => setImmediate(() => deadline.stop());
      const failure = await assertFails(ask(driver, bench.sql.endless, { onStart }, deadline), 'timeout');
      assert.match(failure.message, /stopped before its end/);
      await assertFruitUnchanged(driver);
    });

    it('sends nothing when its deadline has ended before', async () => {
      await using driver = bench.open();
      using deadline = new SetDeadline();
      deadline.stop();
      const onTurn = (): void => assert.fail('it had its turn');
      await assert.rejects(ask(driver, 'SELECT 1', { onTurn, onStart: onTurn }, deadline), RefreshError);
      await assertFruitUnchanged(driver);
    });

    it('rejects with what the sink throws', async () => {
      await using driver = bench.open();
      const error = new RefreshError('missing_column', 'there is no column "value"');
      const refusing = (sink: Partial<RowSink>): RowSink => ({
        columns: () => undefined,
        row: () => undefined,
        ...sink,
      });
      const refuse = (): never => {
        throw error;
      };
      const count = requestOf(bench.sql.count(100_000), { maxRows: 1_000_000 });
      await assert.rejects(driver.run(count, refusing({ columns: refuse }), NEVER), (thrown) => thrown === error);
      await assert.rejects(driver.run(count, refusing({ row: refuse }), NEVER), (thrown) => thrown === error);
      await assertFruitUnchanged(driver);
    });

    it('rejects with what its caller throws when it is its turn, and sends nothing', async () => {
      await using driver = bench.open();
      const error = new Error('the turn is for somebody else');
      const onTurn = (): never => {
        throw error;
      };
      const onStart = (): void => assert.fail('a statement was sent');
      await assert.rejects(ask(driver, 'SELECT 1', { onTurn, onStart }), (thrown) => thrown === error);
      await assertFruitUnchanged(driver);
    });

    it('says when it sends a statement, once and before the result', async () => {
      await using driver = bench.open();
      const events: string[] = [];
      const marks: RunMark[] = [];
      const onTurn = (): unknown => events.push('turn');
      const onStart = (mark: RunMark): void => {
        events.push('start');
        marks.push(mark);
      };
      const sink: RowSink = { columns: () => events.push('columns'), row: () => events.push('row') };
      await driver.run(requestOf('SELECT 1 AS n', { onTurn, onStart }), sink, NEVER);
      await driver.run(requestOf('SELECT 2 AS n', { onTurn, onStart }), sink, NEVER);
      assert.deepEqual(events, ['turn', 'start', 'columns', 'row', 'turn', 'start', 'columns', 'row']);
      assert.ok(marks.every((mark) => mark.address !== '' && mark.marker !== ''));
      assert.notEqual(marks[0]?.marker, marks[1]?.marker);
    });

    it('stops no statement for a mark that is over', async () => {
      await using driver = bench.open();
      const marks: RunMark[] = [];
      await ask(driver, 'SELECT 1 AS n', { onStart: (mark) => marks.push(mark) });
      for (const mark of marks) await driver.stopLeftover(mark, NEVER);
      using over = new SetDeadline();
      over.stop();
      for (const mark of marks) await driver.stopLeftover(mark, over);
      await assertFruitUnchanged(driver);
    });

    it('says busy when the deadline passes while it waits for a connection', async () => {
      await using driver = bench.open({ maxConnections: 1 });
      using slow = new SetDeadline();
      using waiting = new SetDeadline();
      const { started, onStart } = watchStart();
      const ended = assertFails(ask(driver, bench.sql.endless, { onStart }, slow), 'timeout');
      await started;
      const busy = assertFails(ask(driver, 'SELECT 1 AS n', {}, waiting), 'busy');
      waiting.expire();
      await busy;
      slow.stop();
      await ended;
      await assertFruitUnchanged(driver);
    });

    it('sends nothing while another driver holds the lock of its guard, and leaves that one alone', async (t) => {
      if (skipped(t, 'guard')) return;
      await using first = bench.open();
      await using second = bench.open();
      const guard = { lock: 'orders of the fleet', claimedMs: null };
      using deadline = new SetDeadline(LONG_MS);
      const { started, onStart } = watchStart();
      const ended = assertFails(ask(first, bench.sql.endless, { guard, onStart }, deadline), 'timeout');
      await started;
      // It claims nothing, or the statement began after its claim.
      for (const claimedMs of [null, performance.now() - 3_600_000]) {
        const onSent = (): void => assert.fail('a statement was sent');
        const held = await notSent(second, 'SELECT 1', { guard: { ...guard, claimedMs }, onStart: onSent });
        assert.equal(held?.kind, 'guarded');
        assert.match(held.why, /^connection \d+ has it at work on the server$/);
      }
      const other = { ...guard, lock: 'users of the fleet' };
      assert.deepEqual(await askOne(second, 'SELECT 1 AS n', { guard: other }), ['1']);
      assert.deepEqual(await askOne(second, 'SELECT 1 AS n'), ['1']);
      deadline.expire();
      await ended;
      await eventually(
        () => notSent(second, 'SELECT 1', { guard }),
        (held) => held === null,
      );
      assert.equal(second.facts.missing.guard, undefined);
    });

    it('gives the lock of its guard back after every run, also one whose when does not hold', async (t) => {
      if (skipped(t, 'guard')) return;
      await using first = bench.open();
      await using second = bench.open();
      const guard = { lock: 'orders of the fleet', claimedMs: null };
      for (const sql of ['SELECT 1', 'SELECT 0']) {
        const when = { role: null, version: null, sql };
        for (const driver of [first, second, first]) {
          await eventually(
            () => notSent(driver, 'SELECT 1', { guard, when }),
            (held) => held?.kind !== 'guarded',
          );
        }
      }
    });

    it('stops the statement of a holder that is older than its claim, and runs', async (t) => {
      if (skipped(t, 'guard')) return;
      await using first = bench.open();
      await using second = bench.open();
      const guard = { lock: 'orders of the fleet', claimedMs: null };
      using long = new SetDeadline(LONG_MS);
      const { started, onStart } = watchStart();
      const lost = assertFails(ask(first, bench.sql.endless, { guard, onStart }, long), 'lost');
      await started;
      // It is said to start a moment before the server knows, which a claim must not fall into.
      const rows = await eventually(
        () => askOne(second, 'SELECT 1 AS n', { guard: { ...guard, claimedMs: performance.now() } }),
        ({ length }) => length === 1,
      );
      assert.deepEqual(rows, ['1']);
      await lost;
    });

    it('gives every caller its own result when many ask at once', async () => {
      await using driver = bench.open({ maxConnections: 2 });
      const wanted = Array.from({ length: 40 }, (_, index) => `${index}`);
      const came = await Promise.all(wanted.map((number) => askOne(driver, `SELECT ${number} AS n`)));
      assert.deepEqual(came.flat(), wanted);
    });

    it('runs init_sql in the session of every run', async (t) => {
      if (skipped(t, 'init')) return;
      const { statement, probe, expected } = bench.sql.init;
      await using driver = bench.open({ initSql: [statement] });
      assert.deepEqual(await askOne(driver, probe), [expected]);
      assert.deepEqual(await askOne(driver, probe), [expected]);
      await using broken = bench.open({ initSql: ['SELEC 1'] });
      const failure = await assertFails(askOne(broken, 'SELECT 1 AS n'), 'query');
      assert.match(failure.message, /init_sql/);
    });

    it('starts every run in a clean session', async (t) => {
      if (skipped(t, 'leak')) return;
      const { statements, probe, expected } = bench.sql.leak;
      await using driver = bench.open({ maxConnections: 1 });
      for (const statement of statements) await ask(driver, statement);
      assert.deepEqual(await askOne(driver, probe), [expected]);
    });

    it('answers a ping', async () => {
      await using driver = bench.open();
      await driver.ping(NEVER);
      await assertFruitUnchanged(driver);
      await driver.ping(NEVER);
      using over = new SetDeadline();
      over.stop();
      await assert.rejects(driver.ping(over), RefreshError);
    });

    it('ends what is running when it is closed, and runs nothing afterwards', async () => {
      const driver = bench.open();
      const { started, onStart } = watchStart();
      const running = assert.rejects(ask(driver, bench.sql.endless, { onStart }), RefreshError);
      await started;
      await driver[Symbol.asyncDispose]();
      await running;
      await assert.rejects(ask(driver, 'SELECT 1 AS n'), RefreshError);
      await assert.rejects(driver.ping(NEVER), RefreshError);
      await driver[Symbol.asyncDispose]();
    });

    function skipped(t: { skip(reason: string): void }, name: SkippableCase): boolean {
      const reason = bench.skips[name];
      if (reason !== undefined) t.skip(reason);
      return reason !== undefined;
    }
  });
}

async function assertFruitUnchanged(driver: Driver): Promise<void> {
  assert.deepEqual((await ask(driver, 'SELECT id, name FROM fruit ORDER BY id')).rows, [
    ['1', 'apple'],
    ['2', 'pear'],
  ]);
}
