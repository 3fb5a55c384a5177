import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTaskRenderer } from '../../src/metrics/renderer.ts';
import { RefreshError } from '../../src/model/failure.ts';
import { rowOf } from '../support/row-of.ts';
import { createTask, render, type TestCell, textOf } from './render.ts';

describe('lines', () => {
  it('carry labels in alphabetical order, cells and constants mixed', () => {
    const task = createTask({ metrics: [{ labels: ['user', 'db'], constants: { target: 'prod01', env: 'a"b' } }] });
    const rendered = render(task, ['user', 'n', 'db'], [['root', '42', 'shop']]);
    assert.equal(textOf(rendered), 'm{db="shop",env="a\\"b",target="prod01",user="root"} 42\n');
    assert.equal(rendered.series, 1);
    assert.equal(rendered.rows, 1);
  });

  it('have no braces without labels', () => {
    assert.equal(textOf(render(createTask({ metrics: [{ labels: [] }] }), ['n'], [['1']])), 'm 1\n');
  });

  it('stand for constants alone where no column is a label', () => {
    const task = createTask({ metrics: [{ labels: [], constants: { target: 't' } }] });
    assert.equal(textOf(render(task, ['n'], [['1']])), 'm{target="t"} 1\n');
  });

  it('keep an empty label for NULL and for empty constants', () => {
    const task = createTask({ metrics: [{ constants: { region: '' } }] });
    assert.equal(textOf(render(task, ['a', 'n'], [[null, '1']])), 'm{a="",region=""} 1\n');
  });

  it('escape backslash, quote and newline in labels and nothing else', () => {
    const text = textOf(render(createTask(), ['a', 'n'], [['a\\b"c\nd\te{},=\r', '1']]));
    assert.equal(text, 'm{a="a\\\\b\\"c\\nd\te{},=\r"} 1\n');
  });

  it('hold any text of Unicode as it came, a byte-order mark among it', () => {
    const text = textOf(render(createTask(), ['a', 'n'], [['\ufeff사용자 🐬', '1']]));
    assert.equal(text, 'm{a="\ufeff사용자 🐬"} 1\n');
  });

  it('replace what is not UTF-8 by U+FFFD', () => {
    const bytes = Buffer.from([0xff, 0x61, 0xfe, 0x22, 0xed, 0xa0, 0x80]);
    assert.equal(
      textOf(render(createTask(), ['a', 'n'], [[bytes, '1']])),
      'm{a="\ufffda\ufffd\\"\ufffd\ufffd\ufffd"} 1\n',
    );
  });

  it('come from one column for several metrics, and from a value column as a label', () => {
    const metrics = [{ name: 'x' }, { name: 'y', type: 'counter', labels: ['a', 'n'], value: 'n' }] as const;
    const rendered = render(createTask({ metrics }), ['a', 'n'], [['p', '9007199254740993']]);
    assert.equal(textOf(rendered), 'x{a="p"} 9007199254740992\ny{a="p",n="9007199254740993"} 9007199254740992\n');
    assert.equal(rendered.series, 2);
    assert.deepEqual(
      rendered.parts.map((part) => [part.family, part.series]),
      [
        ['x', 1],
        ['y', 1],
      ],
    );
  });

  it('print every number canonically', () => {
    const values = ['42', ' 42 ', '-0', '1e-7', '1e21', '12.3400', '007', 'nan', '-infinity', 'INF', '0.1'];
    const rows = values.map((value, i) => [String(i), value]);
    const printed = textOf(render(createTask(), ['a', 'n'], rows)).match(/(?<= )\S+/g);
    assert.deepEqual(printed, ['42', '42', '0', '1e-7', '1e+21', '12.34', '7', 'NaN', '-Inf', '+Inf', '0.1']);
  });
});

describe('a label', () => {
  it('is escaped wherever in it that is needed, and nowhere else', () => {
    const needed = {
      '"': '\\"',
      '\\': '\\\\',
      '\n': '\\n',
      ü: 'ü',
      '\u{1f600}': '\u{1f600}',
      '\x7f': '\x7f',
      '\0': '\0',
    };
    const cases = Object.entries(needed).flatMap(([character, exported]) =>
      Array.from({ length: 10 }, (_, before) =>
        Array.from({ length: 10 }, (_, after) => ({
          label: `${'!'.repeat(before)}${character}${'#'.repeat(after)}`,
          exported: `${'!'.repeat(before)}${exported}${'#'.repeat(after)}`,
        })),
      ).flat(),
    );
    const { parts } = render(
      createTask(),
      ['a', 'n'],
      cases.map(({ label }) => [label, '1']),
    );
    assert.equal(textOf({ parts }), cases.map(({ exported }) => `m{a="${exported}"} 1\n`).join(''));
  });
});

describe('a result', () => {
  it('without rows has an empty part per metric', () => {
    const { parts, rows, series } = render(createTask(), ['a', 'n'], []);
    assert.deepEqual(parts, [{ family: 'm', series: 0, text: new Uint8Array(0), crc32: 0, deflated: null }]);
    assert.deepEqual([rows, series], [0, 0]);
  });

  it('without a needed column is refused before its first row', () => {
    const result = createTaskRenderer(createTask()).begin({ maxSeries: 1 });
    assert.throws(
      () => result.columns(['b', 'n']),
      (error) => error instanceof RefreshError && error.reason === 'missing_column',
    );
  });

  it('is refused for one series too many, counted over all metrics', () => {
    const task = createTask({ metrics: [{ name: 'x' }, { name: 'y' }] });
    const row = (label: string) => [label, '1'];
    assert.equal(render(task, ['a', 'n'], [row('1'), row('2'), row('2')], 4).series, 4);
    const equal = Array.from({ length: 10_000 }, () => row('1'));
    assert.equal(render(task, ['a', 'n'], equal, 2).series, 2);
    assert.throws(
      () => render(task, ['a', 'n'], [row('1'), row('2'), row('3')], 5),
      (error) => error instanceof RefreshError && error.reason === 'too_many_series',
    );
  });

  it('of too many series is refused at the row that is one too many, though many before it are duplicates', () => {
    const result = createTaskRenderer(createTask()).begin({ maxSeries: 2 });
    result.columns(['a', 'n']);
    for (const label of ['1', '1', '2', '2', '1']) result.row(rowOf([label, '1']));
    assert.throws(
      () => result.row(rowOf(['3', '1'])),
      (error) => error instanceof RefreshError && error.reason === 'too_many_series',
    );
  });

  it('has bytes in memory of its own, which holds little else', () => {
    for (const count of [1, 40, 20_000]) {
      const renderer = createTaskRenderer(createTask());
      for (let round = 0; round < 3; round++) {
        const result = renderer.begin({ maxSeries: count });
        result.columns(['a', 'n']);
        for (let i = 0; i < count; i++) result.row(rowOf([`label ${i}`, '1']));
        const { text, deflated } = result.finish().parts[0] ?? assert.fail();
        assert.ok(text.byteOffset === 0 && text.buffer.byteLength <= text.length * 1.125);
        assert.equal(deflated === null, text.length < 4096);
        if (deflated !== null) assert.equal(deflated.buffer.byteLength, deflated.length);
      }
    }
  });

  it('does not depend on the result before it', () => {
    const renderer = createTaskRenderer(createTask());
    const texts = [3, 1, 50, 2].map((count) => {
      const result = renderer.begin({ maxSeries: count });
      result.columns(['a', 'n']);
      for (let i = 0; i < count; i++) result.row(rowOf([`x${i}`, String(i)]));
      return textOf(result.finish());
    });
    assert.deepEqual(
      texts.map((text) => text.split('\n').length - 1),
      [3, 1, 50, 2],
    );
    assert.equal(texts[1], 'm{a="x0"} 0\n');
  });

  it('may be under way while another one of the same task is', () => {
    const renderer = createTaskRenderer(createTask());
    const [one, two] = [renderer.begin({ maxSeries: 9 }), renderer.begin({ maxSeries: 9 })];
    one.columns(['a', 'n']);
    two.columns(['n', 'a']);
    one.row(rowOf(['x', '1']));
    two.row(rowOf(['2', 'x']));
    assert.equal(textOf(one.finish()) + textOf(two.finish()), 'm{a="x"} 1\nm{a="x"} 2\n');
  });
});

describe('rejections', () => {
  const rejectionsOf = (
    options: Parameters<typeof createTask>[0],
    rows: readonly (readonly [string | Uint8Array | null, string | null])[],
  ) => {
    const { rejections, parts } = render(createTask(options), ['a', 'n'], rows);
    return {
      rejections: rejections.map(({ reason, count, column, example }) => [reason, count, column, example]),
      text: textOf({ parts }),
    };
  };

  it('do not arise from a NULL value: there is no sample', () => {
    assert.deepEqual(rejectionsOf({}, [['x', null]]), { rejections: [], text: '' });
  });

  it('count what is no number and name the first offender; other samples stand', () => {
    const result = rejectionsOf({}, [
      ['x', 'abc'],
      ['y', '1'],
      ['z', ''],
    ]);
    assert.deepEqual(result, { rejections: [['not_a_number', 2, 'n', 'abc']], text: 'm{a="y"} 1\n' });
  });

  it('show an offender as printable text of at most 32 characters', () => {
    const rows = [
      ['x', `a\nb\u0007\u2028\u202e${'🐬'.repeat(100)}`],
      ['y', '1'],
    ] as const;
    const { rejections } = rejectionsOf({}, rows);
    assert.deepEqual(rejections, [['not_a_number', 1, 'n', 'a\\nb\\u{7}\\u{2028}\\u{202e}🐬🐬🐬🐬🐬🐬…']]);
  });

  it('count what a counter cannot be', () => {
    const rows = [
      ['x', '-1'],
      ['y', '-1e3'],
      ['z', 'NaN'],
      ['u', '+Inf'],
      ['v', '-0'],
      ['w', '5'],
    ] as const;
    const result = rejectionsOf({ metrics: [{ type: 'counter' }] }, rows);
    assert.deepEqual(result.rejections, [
      ['negative_counter', 2, 'n', '-1'],
      ['not_a_number', 2, 'n', 'NaN'],
    ]);
    assert.equal(result.text, 'm{a="v"} 0\nm{a="w"} 5\n');
  });

  it('let a counter fall, since it is an absolute total', () => {
    const renderer = createTaskRenderer(createTask({ metrics: [{ type: 'counter' }] }));
    const texts = ['5', '7', '3'].map((total) => {
      const result = renderer.begin({ maxSeries: 1 });
      result.columns(['a', 'n']);
      result.row(rowOf(['x', total]));
      return textOf(result.finish());
    });
    assert.deepEqual(texts, ['m{a="x"} 5\n', 'm{a="x"} 7\n', 'm{a="x"} 3\n']);
  });

  it('leave the first of equal label sets and count the rest', () => {
    const result = rejectionsOf({}, [
      ['x', '1'],
      ['x', '2'],
      ['y', '3'],
      ['x', '4'],
    ]);
    assert.deepEqual(result, { rejections: [['duplicate', 2, 'n', '{a="x"}']], text: 'm{a="x"} 1\nm{a="y"} 3\n' });
  });

  it('are told in the order of their rows', () => {
    const rows = [
      ['x', '1'],
      ['x', '2'],
      ['y', 'bad'],
      ['x', '3'],
      ['y', '4'],
    ] as const;
    const { rejections } = rejectionsOf({}, rows);
    assert.deepEqual(
      rejections.map(([reason]) => reason),
      ['duplicate', 'not_a_number'],
    );
  });

  it('leave no trace, wherever they stand among rows and whatever was written of them', () => {
    const task = createTask({ metrics: [{ labels: ['a', 'b'] }], maxLabelLength: 40 });
    const tooLong = Buffer.alloc(20, 0xff); // sixty bytes of U+FFFD
    const rows = Array.from({ length: 700 }, (_, i): readonly TestCell[] => {
      if (i % 7 === 3) return [`${i}`, tooLong, '1'];
      if (i % 7 === 5) return [`${i - 1}`, 'b', '2'];
      return [`${i}`, 'b', i % 7 === 6 ? 'bad' : `${i}`];
    });
    const { parts, rejections } = render(task, ['a', 'b', 'n'], rows);
    const kept = rows.filter((_, i) => ![3, 5, 6].includes(i % 7));
    assert.equal(textOf({ parts }), kept.map(([a, , n]) => `m{a="${a}",b="b"} ${n}\n`).join(''));
    assert.deepEqual(
      rejections.map(({ reason, count }) => [reason, count]),
      [
        ['label_too_long', 100],
        ['duplicate', 100],
        ['not_a_number', 100],
      ],
    );
  });

  it('find duplicates of a metric without labels', () => {
    const { rejections, series } = render(createTask({ metrics: [{ labels: [] }] }), ['n'], [['1'], ['2'], ['3']]);
    assert.deepEqual([rejections[0]?.reason, rejections[0]?.count, series], ['duplicate', 2, 1]);
  });

  it('take labels for duplicates that become equal by U+FFFD', () => {
    const rows = [
      [Buffer.from([0xff]), '1'],
      [Buffer.from([0xfe]), '2'],
      ['\ufffd', '3'],
      [null, '4'],
      ['', '5'],
    ] as const;
    const result = rejectionsOf({}, rows);
    assert.equal(result.text, 'm{a="\ufffd"} 1\nm{a=""} 4\n');
    assert.equal(result.rejections[0]?.[1], 3);
  });

  it('do not let a rejected or missing value take the place of its label set', () => {
    assert.equal(
      rejectionsOf({}, [
        ['x', 'abc'],
        ['x', null],
        ['x', '3'],
      ]).text,
      'm{a="x"} 3\n',
    );
  });

  it('measure a label in bytes, as it is exported', () => {
    const rows = [
      ['abcd', '1'],
      ['abcde', '2'],
      ['한', '3'],
      ['한한', '4'],
      [Buffer.from([0xff, 0xff]), '5'],
      ['"\\\n"', '6'],
    ] as const;
    const result = rejectionsOf({ maxLabelLength: 4 }, rows);
    assert.deepEqual(result.rejections, [['label_too_long', 3, 'a', 'abcde']]);
    assert.equal(result.text, 'm{a="abcd"} 1\nm{a="한"} 3\nm{a="\\"\\\\\\n\\""} 6\n');
  });
});
