import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Row } from '../../src/model/rows.ts';

describe('a row', () => {
  it('has the cells that were filled in last, however long those before were', () => {
    const row = new Row(3);
    for (const given of [
      ['a', null, ''],
      ['x'.repeat(1_000), 'y', null],
      [Uint8Array.of(0x65), 'bc', '\u20ac'.repeat(2_000)],
      [null, null, null],
    ]) {
      const bytes = row.fill(given);
      const texts = given.map((cell) => (cell instanceof Uint8Array ? Buffer.from(cell).toString() : cell));
      assert.deepEqual(row.texts(), texts);
      assert.equal(
        bytes,
        texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0),
      );
      const [start, end] = [row.starts[1] ?? 0, row.ends[1] ?? 0];
      if (start === -1) continue;
      assert.equal(Buffer.from(row.bytes.subarray(start, end)).toString(), texts[1]);
      assert.equal(row.view.getUint8(start), texts[1]?.charCodeAt(0));
    }
  });

  it('has cells where they lie in memory that was given', () => {
    const row = new Row(2);
    const memory = Buffer.from('..apple,pear..');
    row.lieIn(memory.subarray(2));
    row.starts.set([0, 6]);
    row.ends.set([5, 10]);
    assert.deepEqual(row.texts(), ['apple', 'pear']);
    assert.equal(row.view.getUint8(6), 'p'.charCodeAt(0));
    assert.equal(row.cell(2), null);
    row.fill([null, null]);
    assert.equal(memory.toString(), '..apple,pear..');
  });
});
