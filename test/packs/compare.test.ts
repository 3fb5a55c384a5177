import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareExpositions } from './compare.ts';

const NONE = { missing: [], types: [], met: new Set() };

describe('comparing the exposition of another exporter with ours', () => {
  it('finds nothing where each of their series is in ours, whatever the value', () => {
    const theirs = '# TYPE a_total counter\na_total 1\nb{x="1",y="2"} NaN\n';
    const ours = '# TYPE a_total counter\na_total 7\nb{y="2",x="1"} 0\nc 1\n';
    assert.deepEqual(compareExpositions(theirs, ours, []), NONE);
  });

  it('names each series that is not there', () => {
    const { missing } = compareExpositions('a 1\nb{x="1"} 1\nb{x="2"} 1\n', 'b{x="1"} 1\n', []);
    assert.deepEqual(missing, ['a{}', 'b{x="2"}']);
  });

  it('lets ours have more labels and theirs the label server', () => {
    const theirs = 'a{server="127.0.0.1:5432",state="idle"} 1\n';
    assert.deepEqual(compareExpositions(theirs, 'a{state="idle",target="pg1",user="u"} 1\n', []), NONE);
    assert.equal(compareExpositions(theirs, 'a{target="pg1"} 1\n', []).missing.length, 1);
  });

  it('takes an empty label for none', () => {
    assert.deepEqual(compareExpositions('a{x="",y="1"} 1\n', 'a{y="1"} 1\n', []), NONE);
  });

  it('reads values of labels that hold quotes, braces and blanks', () => {
    const line = String.raw`a{digest="SELECT \"{}\" , 1\\",x="1"} 1`;
    assert.deepEqual(compareExpositions(`${line}\n`, `${line}\n`, []), NONE);
  });

  it('compares bounds of buckets as numbers', () => {
    const theirs = 'a_bucket{le="1e-06"} 1\na_bucket{le="1e+06"} 1\na_bucket{le="+Inf"} 1\n';
    const ours = 'a_bucket{le="0.000001"} 1\na_bucket{le="1000000"} 1\na_bucket{le="+Inf"} 1\n';
    assert.deepEqual(compareExpositions(theirs, ours, []), NONE);
  });

  it('passes over what stands in the list of differences and says what was met', () => {
    const known = [
      { name: 'exporter_.*', reason: 'ours has its own' },
      { name: 'a', labels: { id: '0' }, reason: 'no database' },
      { name: 'gone', reason: 'not met' },
    ];
    const result = compareExpositions('exporter_up 1\na{id="0"} 1\na{id="1"} 1\nan_exporter_up 1\n', '', known);
    assert.deepEqual(result.missing, ['a{id="1"}', 'an_exporter_up{}']);
    assert.deepEqual([...result.met], known.slice(0, 2));
  });

  it('wants their types, other than where theirs is untyped', () => {
    const theirs = '# TYPE a counter\na 1\n# TYPE b untyped\nb 1\n';
    const ours = '# TYPE a gauge\na 1\n# TYPE b counter\nb 1\n';
    assert.deepEqual(compareExpositions(theirs, ours, []).types, ['a: gauge, not counter']);
  });

  it('rejects what is no exposition', () => {
    assert.throws(() => compareExpositions('<html>\n', '', []), /no line of an exposition: <html>/);
  });
});
