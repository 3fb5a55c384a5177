import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTaskRenderer } from '../../src/metrics/renderer.ts';
import { errorParts } from '../../src/metrics/value-part.ts';
import { rowOf } from '../support/row-of.ts';
import { createTask, refusalOf, render, type TestCell, textOf } from './render.ts';

describe('a pivot', () => {
  const replica = {
    name: 'replica_running',
    labels: {},
    valueLabel: 'thread',
    values: { io: ['Replica_IO_Running', 'Slave_IO_Running'], sql: ['Replica_SQL_Running', 'Slave_SQL_Running'] },
    map: { Yes: 1, No: 0 },
  } as const;

  it('makes a sample of each column, by the name that the server has for it', () => {
    const task = createTask({ metrics: [replica] });
    for (const prefix of ['Replica', 'Slave']) {
      const names = [`${prefix}_IO_Running`, `${prefix}_SQL_Running`];
      const { parts, series } = render(task, names, [['Yes', 'No']]);
      assert.equal(textOf({ parts }), 'replica_running{thread="io"} 1\nreplica_running{thread="sql"} 0\n');
      assert.equal(series, 2);
    }
  });

  it('leaves out the sample of a column that is NULL, or no number, alone', () => {
    const task = createTask({ metrics: [{ valueLabel: 'v', values: { x: 'x', y: 'y' } }] });
    const rendered = render(
      task,
      ['a', 'x', 'y'],
      [
        ['p', null, '1'],
        ['q', '2', 'soon'],
        ['p', '3', '4'],
      ],
    );
    assert.equal(textOf(rendered), 'm{a="q",v="x"} 2\nm{a="p",v="x"} 3\nm{a="p",v="y"} 1\n');
    assert.deepEqual(
      rendered.rejections.map(({ reason, column, example }) => [reason, column, example]),
      [
        ['not_a_number', 'y', 'soon'],
        ['duplicate', 'y', '{a="p",v="y"}'],
      ],
    );
  });

  it('counts against max_series with every sample', () => {
    const task = createTask({ metrics: [{ labels: [], valueLabel: 'v', values: { x: 'x', y: 'y' } }] });
    assert.equal(render(task, ['x', 'y'], [['1', '2']], 2).series, 2);
    assert.equal(refusalOf(task, ['x', 'y'], [['1', '2']], 1).reason, 'too_many_series');
  });
});

describe('a constant', () => {
  it('is the value of every row, whatever its cells hold', () => {
    const task = createTask({ metrics: [{ labels: { version: 'v' }, value: 1 }] });
    assert.equal(textOf(render(task, ['v'], [['11.4'], [null]])), 'm{version="11.4"} 1\nm{version=""} 1\n');
    assert.equal(textOf(render(task, ['v'], [])), '');
  });

  it('is printed canonically', () => {
    const texts = [1e21, -2.5, 1e-7].map((value) =>
      textOf(render(createTask({ metrics: [{ value }] }), ['a'], [['']])),
    );
    assert.deepEqual(texts, ['m{a=""} 1e+21\n', 'm{a=""} -2.5\n', 'm{a=""} 1e-7\n']);
  });

  it('names the label or the row where it comes twice', () => {
    const { rejections } = render(
      createTask({ metrics: [{ value: 1 }] }),
      ['x', 'a'],
      [
        ['1', 'p'],
        ['2', 'p'],
      ],
    );
    assert.deepEqual([rejections[0]?.column, rejections[0]?.example], ['a', '{a="p"}']);
  });
});

describe('where', () => {
  const columns = ['Variable_name', 'Value'];
  const metric = (name: string, texts: readonly string[], more = {}) => ({
    name,
    labels: [],
    value: 'Value',
    where: { variable_name: texts },
    ...more,
  });

  it('chooses the rows of a metric; the others are no rejections', () => {
    const task = createTask({
      metrics: [metric('threads', ['Threads_connected']), metric('ready', ['wsrep_ready'], { map: { ON: 1, OFF: 0 } })],
    });
    const rows = [
      ['Ssl_cipher', 'none'],
      ['wsrep_ready', 'ON'],
      [null, '7'],
      ['threads_connected', '8'],
      ['Threads_connected', '9'],
    ];
    const rendered = render(task, columns, rows);
    assert.equal(textOf(rendered), 'threads 9\nready 1\n');
    assert.deepEqual([rendered.rows, rendered.rejections, rendered.rejecting], [5, [], []]);
  });

  it('may ask for several texts, and for several columns at once', () => {
    const metrics = [
      { name: 'x', where: { k: ['1', '2', '1'], l: ['p'] } },
      { name: 'y', where: { l: ['p', 'q'] } },
    ];
    const rows = [
      ['r1', '1', '1', 'p'],
      ['r2', '2', '2', 'p'],
      ['r3', '3', '2', 'q'],
      ['r4', '4', '3', 'p'],
      ['r5', '5', '1', null],
    ];
    const text = textOf(render(createTask({ metrics }), ['a', 'n', 'k', 'l'], rows));
    assert.equal(text, 'x{a="r1"} 1\nx{a="r2"} 2\ny{a="r1"} 1\ny{a="r2"} 2\ny{a="r3"} 3\ny{a="r4"} 4\n');
  });

  it('needs its column', () => {
    const { reason, message } = refusalOf(createTask({ metrics: [metric('m', ['x'])] }), ['Value'], []);
    assert.equal(reason, 'missing_column');
    assert.equal(message, 'the result has no column "variable_name"; it has "Value"');
  });

  it('finds its rows again where the next result has other columns', () => {
    const renderer = createTaskRenderer(createTask({ metrics: [metric('m', ['x'])] }));
    for (const names of [columns, ['Value', 'more', 'VARIABLE_NAME'], columns]) {
      const result = renderer.begin({ maxSeries: 9 });
      result.columns(names);
      const cells: TestCell[] = names.map((name) => ({ value: '5', more: '' })[name.toLowerCase()] ?? 'x');
      result.row(rowOf(cells));
      assert.equal(textOf(result.finish()), 'm 5\n');
    }
  });
});

describe('a map', () => {
  it('goes before numbers and leaves those alone that it does not name', () => {
    const task = createTask({ metrics: [{ map: { '1': 10, Yes: 1, '': -1 } }] });
    const values = ['1', ' Yes\r\n', '  ', '2', '01', null];
    const rendered = render(task, ['a', 'n'], [...values.map((value, i) => [`${i}`, value]), ['yes', 'yes']]);
    assert.deepEqual(textOf(rendered).match(/(?<= )\S+/g), ['10', '1', '-1', '2', '1']);
    assert.deepEqual(
      rendered.rejections.map(({ example }) => example),
      ['yes'],
    );
  });
});

describe('a histogram', () => {
  const task = createTask({
    metrics: [
      {
        name: 'h',
        type: 'histogram',
        labels: ['z'],
        buckets: [
          [0.1, 'le100'],
          [1, 'le1000'],
        ],
        sum: 's',
        count: 'n',
      },
    ],
  });
  const columns = ['z', 'le100', 'le1000', 's', 'n'];

  it('writes cumulative buckets, the sum and the count of each row', () => {
    const { parts, series } = render(task, columns, [['/a', '1', '2.0', '0.75', '3']]);
    assert.equal(
      textOf({ parts }),
      'h_bucket{le="0.1",z="/a"} 1\nh_bucket{le="1",z="/a"} 2\nh_bucket{le="+Inf",z="/a"} 3\nh_sum{z="/a"} 0.75\nh_count{z="/a"} 3\n',
    );
    assert.equal(series, 5);
  });

  const good = ['/good', '0', '0', '-3', '0'];
  const wrong: readonly (readonly [string, readonly TestCell[], string, string, string])[] = [
    ['a negative count', ['/a', '-1', '2', '1', '3'], 'not_a_histogram', 'le100', '-1'],
    ['counts that fall', ['/a', '2', '1', '1', '3'], 'not_a_histogram', 'le1000', '1'],
    ['a count below a bucket', ['/a', '1', '4', '1', '3'], 'not_a_histogram', 'n', '3'],
    ['a count without end', ['/a', '1', '2', '1', 'Inf'], 'not_a_histogram', 'n', 'Inf'],
    ['a count that is NaN', ['/a', 'NaN', '2', '1', '3'], 'not_a_histogram', 'le100', 'NaN'],
    ['a sum that is no number', ['/a', '1', '2', '1s', '3'], 'not_a_number', 's', '1s'],
    ['labels that came before', ['/good', '1', '2', '1', '3'], 'duplicate', 'n', '{z="/good"}'],
  ];
  for (const [what, row, ...expected] of wrong) {
    it(`leaves out the whole row for ${what}`, () => {
      const { parts, rejections } = render(task, columns, [good, row]);
      assert.equal(textOf({ parts }), textOf(render(task, columns, [good])));
      assert.deepEqual(
        rejections.map(({ reason, column, example }) => [reason, column, example]),
        [expected],
      );
    });
  }

  it('leaves out every row whose labels came before, wherever it stands', () => {
    const labelOf = (i: number) => `/${(i * i) % 701}`;
    const rows = Array.from({ length: 2_000 }, (_, i) => [labelOf(i), '1', '2', `${i}`, '3'] as const);
    const first = rows.filter(([label], i) => rows.findIndex((row) => row[0] === label) === i);
    const rendered = render(task, columns, rows);
    assert.equal(rendered.series, 5 * first.length);
    assert.equal(rendered.rejections[0]?.count, rows.length - first.length);
    assert.equal(textOf(rendered), first.map((row) => textOf(render(task, columns, [row]))).join(''));
  });

  it('has no sample where one cell is NULL, whatever the others hold', () => {
    const rows = [2, 3, 4].map((column) => ['/a', '-1', 'x', '1', '3'].map((cell, i) => (i === column ? null : cell)));
    const { parts, rejections } = render(task, columns, rows);
    assert.deepEqual([textOf({ parts }), rejections], ['', []]);
  });
});

describe('the value of nothing', () => {
  const metrics = [
    { name: 'up', labels: [], constants: { target: 't' }, where: { n: ['1'] }, emptyValue: 0, errorValue: -1 },
    { name: 'plain', labels: [] },
  ] as const;
  const task = createTask({ metrics });

  it('stands where no row came, and where none is for the metric', () => {
    for (const rows of [[], [['2']]]) {
      const rendered = render(task, ['n'], rows);
      assert.equal(rendered.parts[0]?.series, 1);
      assert.ok(textOf(rendered).startsWith('up{target="t"} 0\n'));
      assert.equal(rendered.series, 1 + rows.length);
    }
  });

  it('does not stand where a row is for the metric, even if that made no sample', () => {
    assert.equal(textOf(render(task, ['n'], [['1']])), 'up{target="t"} 1\nplain 1\n');
    const wrong = createTask({
      metrics: [
        { labels: [], emptyValue: 0 },
        { name: 'sure', labels: [], value: 1 },
      ],
    });
    for (const cell of ['x', null]) assert.equal(textOf(render(wrong, ['n'], [[cell]])), 'sure 1\n');
  });

  it('of an error is there without a result, for the metrics that have one', () => {
    const parts = errorParts(task);
    assert.equal(textOf({ parts }), 'up{target="t"} -1\n');
    assert.deepEqual([parts[0]?.family, parts[0]?.series, parts[0]?.text.byteOffset], ['up', 1, 0]);
  });
});

describe('a result whose samples are all rejected', () => {
  it('is a failure that names the column, the first offender and the remedy', () => {
    const { reason, message } = refusalOf(
      createTask(),
      ['a', 'n'],
      [
        ['x', 'ON'],
        ['y', 'OFF'],
      ],
    );
    assert.equal(reason, 'no_samples');
    assert.equal(
      message,
      'rows came, but none made a sample: 2 rejected (not_a_number) in column "n", the first is "ON"; give it a number, as in map: {"ON": 1}',
    );
  });

  it('says how many there are in other columns', () => {
    const task = createTask({ metrics: [{ valueLabel: 'v', values: { x: 'x', y: 'y' } }] });
    assert.match(
      refusalOf(
        task,
        ['a', 'x', 'y'],
        [
          ['p', 'ON', '?'],
          ['q', null, '?'],
        ],
      ).message,
      /"ON", and 2 more elsewhere;/,
    );
  });

  it('is an empty one where every cell is NULL or filtered', () => {
    const task = createTask({ metrics: [{ where: { k: ['x'] } }] });
    const { rows, series, rejecting } = render(
      task,
      ['a', 'n', 'k'],
      [
        ['p', null, 'x'],
        ['q', 'soon', 'y'],
        ['r', '1', null],
      ],
    );
    assert.deepEqual([rows, series, rejecting], [3, 0, []]);
  });

  it('names the metrics that lost all of theirs where another has some', () => {
    const metrics = [{ name: 'some' }, { name: 'lost', value: 'x' }, { name: 'absent', value: 'y' }];
    const rows = [
      ['p', '1', 'soon', null],
      ['q', 'soon', 'soon', null],
    ];
    assert.deepEqual(render(createTask({ metrics }), ['a', 'n', 'x', 'y'], rows).rejecting, ['lost']);
  });
});
