import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Rejection } from '../../src/model/outcome.ts';
import { createTask, render, type TaskOptions, type TestCell } from './render.ts';

/** What a result with these rows, and one that makes a sample, has rejected first. */
function rejectionOf(options: TaskOptions, ...rows: (readonly [a: string, n: TestCell])[]): Rejection {
  const { rejections } = render(createTask(options), ['a', 'n'], [['sure', '1'], ...rows]);
  return rejections[0] ?? assert.fail('nothing was rejected');
}

describe('hints', () => {
  const cases: readonly (readonly [value: string, mysql: string, sqlite?: string])[] = [
    ['2024-01-31 10:00:00', 'use UNIX_TIMESTAMP(n)', "use CAST(strftime('%s', n) AS INTEGER)"],
    ['10:00:00', 'use TIME_TO_SEC(n)', "use CAST(strftime('%s', '1970-01-01 ' || n) AS INTEGER)"],
    ['', "use NULLIF(TRIM(n), '') for no sample where the text is empty"],
    ['0x1F', 'use CONV(SUBSTR(n, 3), 16, 10)', 'take the unit off n, so that a plain number is left'],
    ['1_000', "use REPLACE(n, '_', '')"],
    ['1,234,567.5', "use REPLACE(n, ',', '')"],
    ['1,5', "use REPLACE(n, ',', '.')"],
    ['42 MB', 'take the unit off n, so that a plain number is left'],
    ['12.5%', 'take the unit off n, so that a plain number is left'],
    ['{"a":1}', "use JSON_VALUE(n, '$.key')", "use json_extract(n, '$.key')"],
    ['ON', 'give it a number, as in map: {"ON": 1}'],
    ['Off', 'give it a number, as in map: {"Off": 0}'],
    ['1e400', 'no float64 is that large'],
    ['9'.repeat(400), 'no float64 is that large'],
    ['\u00a042', ''],
    ['running', 'give it a number, as in map: {"running": 1}'],
  ];
  for (const [value, mysql, sqlite = mysql] of cases) {
    it(`say what to do about ${JSON.stringify(value.slice(0, 40))}`, () => {
      for (const [engine, hint] of [
        ['mysql', mysql],
        ['sqlite', sqlite],
      ] as const) {
        assert.equal(rejectionOf({ engine }, ['x', value]).hint, hint);
      }
    });
  }

  it('say what a counter must be', () => {
    const options: TaskOptions = { metrics: [{ type: 'counter' }] };
    assert.equal(rejectionOf(options, ['x', 'NaN']).hint, 'a counter takes finite numbers only');
    assert.equal(rejectionOf(options, ['x', '-1']).hint, 'use type: gauge for a value that can be negative');
  });

  it('name the column of a label that is too long', () => {
    const { column, hint } = rejectionOf({ maxLabelLength: 8 }, ['123456789', '1']);
    assert.deepEqual([column, hint], ['a', 'use substr(a, 1, 2) or raise max_label_length']);
  });

  it('name the texts that a map has', () => {
    const { hint } = rejectionOf({ metrics: [{ map: { Yes: 1, No: 0 } }] }, ['x', 'Connecting']);
    assert.equal(hint, 'map has "Yes", "No"; give it this text too, or choose rows with where');
  });

  it('show the value of a second row where a metric has no labels, and say how one row comes', () => {
    const { example, hint } = rejectionOf({ metrics: [{ labels: [] }] }, ['x', '2']);
    assert.deepEqual([example, hint], ['2', 'let one row come, as with max() or a limit, or choose it with where']);
  });

  for (const sql of ['SHOW REPLICA STATUS', '-- ours\n/* of\nus */ show global status', 'pragma cache_size']) {
    it(`speak of nothing that ${JSON.stringify(sql)} cannot have`, () => {
      const hintOf = (options: TaskOptions, a: string, n: string) => rejectionOf({ sql, ...options }, [a, n]).hint;
      assert.equal(hintOf({}, 'x', 'Yes'), 'give it a number, as in map: {"Yes": 1}, or choose the rows with where');
      for (const text of ['2024-01-31 10:00:00', '1,5', '{"a":1}', '']) {
        assert.equal(hintOf({}, 'x', text), 'choose the rows with where');
      }
      assert.equal(hintOf({ maxLabelLength: 4 }, 'xxxxx', '1'), 'raise max_label_length');
      assert.equal(
        hintOf({}, 'sure', '1'),
        'make the column that tells the rows apart a label, or choose rows with where',
      );
      assert.equal(hintOf({ metrics: [{ labels: [] }] }, 'x', '2'), 'choose the row with where');
    });
  }

  it('name the one column that is not used where rows cannot be told apart', () => {
    const rows = [
      ['new', '1', 'x'],
      ['new', '2', 'y'],
    ];
    const task = createTask({ metrics: [{ labels: ['a'] }] });
    const [rejection] = render(task, ['a', 'n', 'b'], rows).rejections;
    assert.equal(rejection?.hint, 'group by the label columns, or make a label of the column b, which is not used');
  });

  it('take a statement for one with expressions whatever its comments hold', () => {
    for (const sql of ['select 1 -- show', '/*!80000 show */ select 1', '(select 1)', 'shows', '/* show */ select 1']) {
      assert.equal(rejectionOf({ sql }, ['x', '1,5']).hint, "use REPLACE(n, ',', '.')");
    }
  });
});
