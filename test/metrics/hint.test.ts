import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTask, render } from './render.ts';

describe('hints', () => {
  const cases: readonly (readonly [value: string, mysql: string, sqlite?: string])[] = [
    ['2024-01-31 10:00:00', 'use UNIX_TIMESTAMP(n)', "use CAST(strftime('%s', n) AS INTEGER)"],
    ['10:00:00', 'use TIME_TO_SEC(n)', "use CAST(strftime('%s', '1970-01-01 ' || n) AS INTEGER)"],
    ['', "use NULLIF(TRIM(n), '') for no sample where the text is empty"],
    ['0x1F', 'use CONV(SUBSTR(n, 3), 16, 10)', ''],
    ['1_000', "use REPLACE(n, '_', '')"],
    ['1,234,567.5', "use REPLACE(n, ',', '')"],
    ['1,5', "use REPLACE(n, ',', '.')"],
    ['42 MB', 'take the unit off n, so that a plain number is left'],
    ['12.5%', 'take the unit off n, so that a plain number is left'],
    ['{"a":1}', "use JSON_VALUE(n, '$.key')", "use json_extract(n, '$.key')"],
    ['ON', "compare n with a word, as in n = 'on', which gives 1 or 0"],
    ['1e400', 'no float64 is that large'],
    ['9'.repeat(400), 'no float64 is that large'],
    ['\u00a042', ''],
    ['running', ''],
  ];
  for (const [value, mysql, sqlite = mysql] of cases) {
    it(`say what to do about ${JSON.stringify(value)}`, () => {
      for (const [engine, hint] of [
        ['mysql', mysql],
        ['sqlite', sqlite],
      ] as const) {
        const { rejections } = render(createTask({ engine }), ['a', 'n'], [['x', value]]);
        assert.equal(rejections[0]?.hint, hint);
      }
    });
  }

  it('say what a counter must be', () => {
    const task = createTask({ metrics: [{ type: 'counter' }] });
    const { rejections } = render(
      task,
      ['a', 'n'],
      [
        ['x', 'NaN'],
        ['x', '-1'],
      ],
    );
    const expected = ['a counter takes finite numbers only', 'use type: gauge for a value that can be negative'];
    assert.deepEqual(
      rejections.map(({ hint }) => hint),
      expected,
    );
  });

  it('name the column of a label that is too long', () => {
    const { rejections } = render(createTask({ maxLabelLength: 8 }), ['a', 'n'], [['123456789', '1']]);
    assert.equal(rejections[0]?.hint, 'use substr(a, 1, 2) or raise max_label_length');
  });
});
