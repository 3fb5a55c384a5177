import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { deflateBlock, MIN_BLOCK_BYTES, PIECE_BYTES, toPart } from '../../src/metrics/block.ts';
import { combineCrc32 } from '../../src/metrics/crc32.ts';
import { FINAL_BLOCK, GZIP_HEADER, gzipTrailer } from '../../src/metrics/gzip.ts';
import type { MetricName } from '../../src/model/words.ts';

const family = 'm' as MetricName;
const text = fc.string({ maxLength: 200 }).map((string) => Buffer.from(string));

describe('combineCrc32', () => {
  it('gives the checksum of two texts in a row', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        assert.equal(combineCrc32(crc32(a), crc32(b), b.length), crc32(Buffer.concat([a, b])));
      }),
    );
  });

  it('holds for lengths of several bytes', () => {
    const a = Buffer.from('before');
    for (const length of [255, 256, 65_535, 65_536, 65_537, 17_000_003]) {
      const b = Buffer.alloc(length, 'some text ');
      assert.equal(combineCrc32(crc32(a), crc32(b), length), crc32(Buffer.concat([a, b])));
    }
  });
});

describe('blocks', () => {
  it('of any texts in a row, with a header and a trailer around, are one gzip member', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.nat({ max: 300 }))), (seeds) => {
        const texts = seeds.map(([bytes, times]) => Buffer.concat(Array<Buffer>(times).fill(bytes)));
        const blocks: Uint8Array[] = [];
        let crc = 0;
        for (const part of texts.map((bytes) => toPart(family, 1, bytes))) {
          blocks.push(part.deflated ?? deflateBlock(part.text));
          crc = combineCrc32(crc, part.crc32, part.text.length);
        }
        const whole = Buffer.concat(texts);
        const gzip = Buffer.concat([GZIP_HEADER, ...blocks, FINAL_BLOCK, gzipTrailer(crc, whole.length)]);
        assert.ok(gunzipSync(gzip).equals(whole));
      }),
    );
  });

  it('refer to nothing before them, so that they stand in any order', () => {
    const texts = ['a', 'b', 'c'].map((letter) => Buffer.from(`m{a="${letter}"} 1\n`.repeat(3000)));
    const [a, b, c] = texts.map((bytes) => toPart(family, 3000, bytes).deflated ?? assert.fail());
    const whole = Buffer.concat([texts[2], texts[0], texts[1]] as Buffer[]);
    const blocks = [c, a, b] as Uint8Array[];
    const gzip = Buffer.concat([GZIP_HEADER, ...blocks, FINAL_BLOCK, gzipTrailer(crc32(whole), whole.length)]);
    assert.ok(gunzipSync(gzip).equals(whole));
  });

  it('are made of texts from a certain size on, of one piece or many', () => {
    for (const length of [0, MIN_BLOCK_BYTES - 1, MIN_BLOCK_BYTES, PIECE_BYTES, 3 * PIECE_BYTES + 1]) {
      const bytes = Buffer.alloc(length, 'm{a="x"} 1\n');
      const { crc32: crc, deflated, text: same } = toPart(family, 1, bytes);
      assert.equal(same, bytes);
      assert.equal(crc, crc32(bytes));
      assert.equal(deflated === null, length < MIN_BLOCK_BYTES);
      const gzip = Buffer.concat([GZIP_HEADER, deflated ?? new Uint8Array(0), FINAL_BLOCK, gzipTrailer(crc, length)]);
      if (deflated !== null) assert.ok(gunzipSync(gzip).equals(bytes));
    }
  });
});
