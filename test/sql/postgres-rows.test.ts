import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RefreshError } from '../../src/model/failure.ts';
import { DataRows } from '../../src/sql/postgres/data-rows.ts';
import { type Intake, MESSAGE, MessageReader } from '../../src/sql/postgres/message-reader.ts';
import { PostgresResult } from '../../src/sql/postgres/postgres-result.ts';
import { RowList } from './postgres-bench.ts';
import { message } from './postgres-fake.ts';

const TEXT = 25;
const BOOL = 16;
const BIT = 1560;
const VARBIT = 1562;

describe('a reader of rows of PostgreSQL', () => {
  it('gives the cells of any row', () => {
    const cell = fc.option(
      fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ minLength: 245, maxLength: 300 })),
    );
    const rows = fc
      .integer({ min: 0, max: 4 })
      .chain((columns) =>
        fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 5 }),
      );
    fc.assert(
      fc.property(rows, fc.nat(9), (wanted, gap) => {
        const reader = new DataRows(wanted[0]?.map(() => TEXT) ?? []);
        for (const row of wanted) {
          const body = bodyOf(row);
          reader.read(Buffer.concat([Buffer.alloc(gap, 7), body]), gap, gap + body.length);
          assert.deepEqual(reader.row.cells().map(copy), row.map(copy));
          const text = row.reduce((sum, one) => sum + (one?.length ?? 0), 0);
          assert.equal(reader.textBytes(body.length), text);
        }
      }),
    );
  });

  it('gives booleans and bit strings as decimal numbers', () => {
    const long = '1'.repeat(64);
    const texts = ['t', 'f', null, '101', '', '11111111111111111111111111111111', long];
    const reader = new DataRows([BOOL, BOOL, BOOL, BIT, VARBIT, BIT, VARBIT]);
    const body = bodyOf(texts.map((text) => (text === null ? null : Buffer.from(text))));
    reader.read(body, 0, body.length);
    assert.deepEqual(reader.row.texts(), ['1', '0', null, '5', '', '4294967295', '18446744073709551615']);
  });

  it('leaves the cells beside a boolean or a bit string as they are, from row to row', () => {
    const types = [
      [TEXT, BOOL, TEXT, BOOL],
      [TEXT, BIT, TEXT, BOOL],
    ];
    for (const [index, columns] of types.entries()) {
      const reader = new DataRows(columns);
      const odd = index === 0 ? ['t', '1'] : ['101', '5'];
      for (const [first, third, last] of [
        ['apple', null, 't'],
        [null, 'x'.repeat(300), 'f'],
        ['t', 'f', null],
      ] as const) {
        const body = bodyOf(
          [first, odd[0] ?? '', third, last].map((text) => (text === null ? null : Buffer.from(text))),
        );
        reader.read(body, 0, body.length);
        assert.deepEqual(reader.row.texts(), [first, odd[1], third, last && (last === 't' ? '1' : '0')]);
      }
    }
  });

  it('refuses a row that is not as long as it says', () => {
    const body = bodyOf([Buffer.from('apple'), Buffer.from('pear')]);
    for (let length = 0; length < body.length; length++) {
      assert.throws(() => new DataRows([TEXT, TEXT]).read(body, 0, length), /^Error: the server sent a row/);
    }
    assert.throws(() => new DataRows([TEXT]).read(body, 0, body.length), /^Error: the server sent a row/);
  });
});

describe('a reader of messages', () => {
  const pieces = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
    const chunks: Buffer[] = [];
    let start = 0;
    for (const size of sizes) {
      chunks.push(bytes.subarray(start, start + size));
      start += size;
    }
    return [...chunks, bytes.subarray(start)].filter((chunk) => chunk.length > 0);
  };

  it('gives the same messages however the bytes are cut, and looks at each header once', () => {
    const cells = [Buffer.from('x'.repeat(100)), null];
    const bytes = Buffer.concat([
      message('S', Buffer.from('server_version\x0015.3\0')),
      message('D', bodyOf(cells)),
      message('N', Buffer.from('Snotice\0\0')),
      message('D', bodyOf(cells)),
      message('E', Buffer.from('SERROR\0C57014\0Mstopped\0\0')),
      message('Z', Buffer.from('I')),
    ]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 40 }), (sizes) => {
        const seen: string[] = [];
        const headers: string[] = [];
        const intake: Intake = {
          header: (type) => headers.push(String.fromCharCode(type)),
          row: (buffer, start, end) => seen.push(`row of ${buffer.subarray(start, end).length}`),
        };
        const reader = new MessageReader(intake, ({ name }) => seen.push(name));
        for (const chunk of pieces(bytes, sizes)) reader.read(chunk);
        assert.deepEqual(headers.join(''), 'SDNDEZ');
        assert.deepEqual(seen, ['parameterStatus', 'row of 110', 'row of 110', 'error', 'readyForQuery']);
      }),
    );
  });

  it('refuses what would hold it for ever', () => {
    const intake: Intake = { header: () => undefined, row: () => undefined };
    for (const body of ['SERROR', 'SERROR\0', 'S\0', '']) {
      const reader = new MessageReader(intake, () => undefined);
      assert.throws(() => reader.read(message('E', Buffer.from(body))), /^Error: the server sent/);
    }
    const reader = new MessageReader(intake, () => undefined);
    assert.throws(() => reader.read(Buffer.from([MESSAGE.error, 0, 0, 0, 3])), /^Error: the server sent/);
  });

  it('refuses a row at its header when it is longer than what is left', () => {
    const list = new RowList();
    const result = new PostgresResult({ maxRows: 10, maxBytes: 10 }, list);
    result.message({ name: 'rowDescription', fields: [{ name: 'a', dataTypeID: TEXT }] });
    const reader = new MessageReader(result, () => undefined);
    reader.read(message('D', bodyOf([Buffer.from('1234567890')])));
    assert.deepEqual(list.rows, [['1234567890']]);
    const header = message('D', bodyOf([Buffer.from('1')])).subarray(0, 5);
    assert.throws(
      () => reader.read(header),
      (error) =>
        error instanceof RefreshError &&
        error.reason === 'too_large' &&
        error.message ===
          'the result was stopped at 2 rows and 11 bytes: max_rows is 10, max_bytes is 10;' +
            ' let the query give less or raise the limit',
    );
  });

  it('counts notices and the data of COPY among the bytes', () => {
    for (const type of ['N', 'A', 'd']) {
      const result = new PostgresResult({ maxRows: 10, maxBytes: 100 }, new RowList());
      const reader = new MessageReader(result, () => undefined);
      reader.read(message(type, Buffer.alloc(60)));
      assert.throws(() => reader.read(message(type, Buffer.alloc(60))), RefreshError);
    }
  });
});

function bodyOf(cells: readonly (Uint8Array | null)[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeInt16BE(cells.length);
  const parts = cells.flatMap((cell) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(cell?.length ?? -1);
    return cell === null ? [length] : [length, cell];
  });
  return Buffer.concat([count, ...parts]);
}

function copy(cell: Uint8Array | null): number[] | null {
  return cell && [...cell];
}
