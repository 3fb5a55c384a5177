import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeSamples, renderHeader } from '../../src/metrics/exposition-text.ts';

const decode = (text: string) => [...decodeSamples(Buffer.from(text))];

describe('decodeSamples', () => {
  it('reads lines with and without labels and passes over comments', () => {
    const text = '# HELP m a\n# TYPE m gauge\nm 1\n\nm{a="x y",b=""} -Inf\nm{a="\\\\n\\n\\"},{"} NaN\nm{a="+"} +Inf';
    assert.deepEqual(decode(text), [
      { name: 'm', labels: {}, value: 1 },
      { name: 'm', labels: { a: 'x y', b: '' }, value: Number.NEGATIVE_INFINITY },
      { name: 'm', labels: { a: '\\n\n"},{' }, value: Number.NaN },
      { name: 'm', labels: { a: '+' }, value: Number.POSITIVE_INFINITY },
    ]);
  });

  for (const line of ['m{a="x} 1', 'm{a=x} 1', 'm', 'm{', 'm{a="x"', 'm{a="x"b="y"} 1', 'm x', '{a="x"} 1']) {
    it(`throws on the line ${line}`, () => assert.throws(() => decode(line), /not a line of the text format/));
  }
});

describe('renderHeader', () => {
  it('escapes backslash and newline in HELP, but no quote', () => {
    assert.equal(renderHeader('m', 'gauge', 'a\\b\n"c"'), '# HELP m a\\\\b\\n"c"\n# TYPE m gauge\n');
  });
});
