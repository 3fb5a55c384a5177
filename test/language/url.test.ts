import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Malformed } from '../../src/language/malformed.ts';
import { divideUrl, parseHost, parseHostPort, readParameters } from '../../src/language/url.ts';

test('a URL is divided and decoded, whatever the database', () => {
  assert.deepEqual(divideUrl('me:p%40ss@%2Frun%2Fpostgresql:5433/shop?sslmode=require'), {
    user: 'me',
    password: 'p@ss',
    place: '/run/postgresql:5433',
    path: 'shop',
    query: 'sslmode=require',
  });
  assert.deepEqual(divideUrl(''), { user: '', password: null, place: '', path: '', query: '' });
  assert.deepEqual(divideUrl('me:@h').password, '');
});

test('a character that has to be encoded is said with the advice of the reader', () => {
  for (const text of ['u:a@b@h', 'u:a/b@h', 'u:a:b@h', 'u:a%b@h', 'u:a#b@h']) {
    assert.throws(
      () => divideUrl(text, '; or quote it'),
      (error) =>
        error instanceof Malformed && /%40 .*; or quote it$/.test(error.message) && !error.message.includes('a@'),
    );
  }
});

test('a host may have a port, and an IPv6 address stands in brackets before one', () => {
  const read = (text: string) => Object.values(parseHostPort(text, 5432));
  assert.deepEqual(read('db1:5433'), ['db1', 5433]);
  assert.deepEqual(read('[::1]:5433'), ['::1', 5433]);
  assert.deepEqual(read('::1'), ['::1', null]);
  assert.deepEqual(read(':5433'), [null, 5433]);
  assert.deepEqual(read(''), [null, null]);
  assert.throws(() => read('a b'), /such as db1:5432, 10\.0\.0\.1:5432 or \[::1\]:5432/);
  assert.throws(() => read('h:0'), /from 1 to 65535/);
});

test('a host alone has no port', () => {
  assert.deepEqual(['db1', '[::1]', '::1', 'db1:3306', 'a b', 'u@h'].map(parseHost), [
    ...['db1', '::1', '::1', null, null, null],
  ]);
});

test('parameters are decoded, and all that is wrong with them is said by position', () => {
  const problems: string[] = [];
  assert.deepEqual(readParameters('a=1+2&b=%C2%B5&a=3&c&d=%', problems), [
    { name: 'a', value: '1 2', position: 1 },
    { name: 'b', value: 'µ', position: 2 },
  ]);
  assert.deepEqual(problems, [
    'gives parameter 3 a second time',
    'has no name=value as parameter 4',
    'has a percent sign that does not begin a character in parameter 5',
  ]);
});
