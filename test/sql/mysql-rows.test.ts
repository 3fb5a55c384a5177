import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RowReader } from '../../src/sql/mysql/row-reader.ts';

const VARCHAR = { columnType: 253, flags: 0, columnLength: 100 };
const BIT = { columnType: 16, flags: 32, columnLength: 64 };

describe('a reader of rows', () => {
  it('gives the cells of any row', () => {
    const cell = fc.option(
      fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ minLength: 245, maxLength: 300 })),
    );
    const rows = fc
      .integer({ min: 1, max: 4 })
      .chain((columns) =>
        fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 5 }),
      );
    fc.assert(
      fc.property(rows, fc.nat(9), (wanted, gap) => {
        const reader = new RowReader(wanted[0]?.map(() => VARCHAR) ?? []);
        for (const row of wanted) {
          const packet = Buffer.concat([Buffer.alloc(gap, 7), ...row.map(encode)]);
          const bytes = reader.read(packet, gap, packet.length);
          assert.deepEqual(reader.row.cells().map(copy), row.map(copy));
          assert.equal(
            bytes,
            row.reduce((sum, one) => sum + (one?.length ?? 0), 0),
          );
        }
      }),
    );
  });

  it('reads lengths of two, three and eight bytes', () => {
    const reader = new RowReader([VARCHAR]);
    for (const head of [
      [0xfc, 5, 0],
      [0xfd, 5, 0, 0],
      [0xfe, 5, 0, 0, 0, 0, 0, 0, 0],
    ]) {
      const packet = Buffer.concat([Buffer.from(head), Buffer.from('apple')]);
      assert.equal(reader.read(packet, 0, packet.length), 5);
      assert.equal(reader.row.texts()[0], 'apple');
    }
  });

  it('gives BIT values as decimal numbers', () => {
    const reader = new RowReader([BIT, BIT, BIT]);
    const packet = Buffer.concat([encode(Uint8Array.of(1)), encode(new Uint8Array(8).fill(255)), encode(null)]);
    reader.read(packet, 0, packet.length);
    assert.deepEqual(reader.row.texts(), ['1', '18446744073709551615', null]);
  });

  it('leaves the cells beside a BIT value as they are, from row to row', () => {
    const reader = new RowReader([VARCHAR, BIT, VARCHAR, VARCHAR]);
    for (const texts of [
      ['apple', '258', null, 'pear'],
      [null, '0', 'x'.repeat(300), ''],
      ['', null, 'y', null],
    ]) {
      const [a, bit, b, c] = texts.map((text) => (text === null ? null : Buffer.from(text)));
      const value = bit === null ? null : Uint8Array.of(Number(texts[1]) >> 8, Number(texts[1]) & 255);
      const packet = Buffer.concat([a, value, b, c].map((cell) => encode(cell ?? null)));
      const before = Buffer.from(packet);
      reader.read(packet, 0, packet.length);
      assert.deepEqual(reader.row.texts(), texts);
      assert.deepEqual(packet, before);
    }
  });

  it('refuses a row that ends too early', () => {
    const reader = new RowReader([VARCHAR, VARCHAR]);
    const packet = Buffer.concat([encode(Buffer.from('apple')), Buffer.from([9, 1])]);
    assert.throws(() => reader.read(packet, 0, packet.length), { name: 'RefreshError', reason: 'lost' });
  });
});

function encode(cell: Uint8Array | null): Buffer {
  if (cell === null) return Buffer.from([0xfb]);
  const head = cell.length < 251 ? [cell.length] : [0xfc, cell.length & 255, cell.length >> 8];
  return Buffer.concat([Buffer.from(head), cell]);
}

function copy(cell: Uint8Array | null): number[] | null {
  return cell && [...cell];
}
