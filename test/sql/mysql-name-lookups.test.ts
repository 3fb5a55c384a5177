import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { describe, it } from 'node:test';
import { formatAddress, parseAddress } from '../../src/language/address.ts';
import { NameLookups } from '../../src/sql/pool/name-lookups.ts';

describe('look-ups of names', () => {
  it('leave threads free, whatever hangs, and are shared by those who ask for the same', async () => {
    const asked: string[] = [];
    const answers = new Map<string, (addresses: readonly LookupAddress[]) => void>();
    const lookups = new NameLookups((host) => {
      asked.push(host);
      return new Promise((resolve) => answers.set(host, resolve));
    });
    const found = ['a', 'a', 'b', 'c', 'd'].map((host) => lookups.find(host));
    assert.deepEqual(asked, ['a', 'b']);
    answers.get('a')?.([{ address: '10.0.0.1', family: 4 }]);
    assert.deepEqual(await found[0], [{ address: '10.0.0.1', family: 4 }]);
    assert.equal(await found[1], await found[0]);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(asked, ['a', 'b', 'c']);
    // What was found is not kept: the next connection asks anew.
    const again = lookups.find('a');
    answers.get('c')?.([]);
    answers.get('b')?.([]);
    await Promise.all([found[2], found[3]]);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(asked, ['a', 'b', 'c', 'd', 'a']);
    answers.get('d')?.([]);
    answers.get('a')?.([]);
    await Promise.all([found[4], again]);
  });

  it('that fail are tried again', async () => {
    let attempts = 0;
    const lookups = new NameLookups(() => {
      attempts += 1;
      return attempts === 1 ? Promise.reject(new Error('gone')) : Promise.resolve([]);
    });
    await assert.rejects(lookups.find('a'), /gone/);
    assert.deepEqual(await lookups.find('a'), []);
  });
});

it('an address is read as it is written', () => {
  for (const text of ['10.0.0.1:3306', '[::1]:3307', '[fe80::1%eth0]:3306', 'db1:1', '/run/a:b.sock']) {
    const address = parseAddress(text);
    assert.equal(address && formatAddress(address), text);
  }
  for (const text of ['', 'db1', 'db1:', ':3306', 'a:b:3306']) assert.equal(parseAddress(text), null, text);
});
