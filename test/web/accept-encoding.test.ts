import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prefersGzip } from '../../src/web/accept-encoding.ts';

test('gzip is sent to whom prefers it or does not mind', () => {
  for (const header of [
    'gzip',
    'GZIP',
    'x-gzip',
    'gzip, deflate, br',
    'deflate, gzip;q=1.0, *;q=0.5',
    'gzip;q=0.5',
    'gzip ; q=0.001',
    '*',
    'identity;q=0.5, *',
    'identity;q=0, gzip',
    'gzip, identity',
    ', gzip ,',
  ]) {
    assert.equal(prefersGzip(header), true, header);
  }
});

test('plain bytes are sent to everybody else', () => {
  for (const header of [
    undefined,
    '',
    ',',
    'identity',
    'br, zstd',
    'gzip;q=0',
    'gzip;q=0.000, *',
    '*;q=0',
    'identity, gzip;q=0.5',
    'identity;q=0',
    'gzip;q=x',
    'gzip;q=2',
    'gzipped',
  ]) {
    assert.equal(prefersGzip(header), false, header);
  }
});
