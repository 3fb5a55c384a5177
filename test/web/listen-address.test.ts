import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListenAddress } from '../../src/web/listen-address.ts';

test('an address names a host and a port, or a port on every address', () => {
  assert.deepEqual(parseListenAddress('0.0.0.0:9104'), { kind: 'tcp', host: '0.0.0.0', port: 9104 });
  assert.deepEqual(parseListenAddress('db-1.example:80'), { kind: 'tcp', host: 'db-1.example', port: 80 });
  assert.deepEqual(parseListenAddress(':9104'), { kind: 'tcp', host: '', port: 9104 });
  assert.deepEqual(parseListenAddress('[::1]:9104'), { kind: 'tcp', host: '::1', port: 9104 });
  assert.deepEqual(parseListenAddress('127.0.0.1:0'), { kind: 'tcp', host: '127.0.0.1', port: 0 });
});

test('what is no address is answered with an example', () => {
  const wrong = [
    'abc',
    '9104',
    '',
    ':',
    'host:',
    ':70000',
    ':1.5',
    ':-1',
    '::1:9104',
    '[db]:1',
    'a b:1',
    'http://h:1',
    ':1 ',
  ];
  for (const text of wrong) {
    assert.deepEqual(
      parseListenAddress(text),
      { problem: `expected HOST:PORT such as "0.0.0.0:9104" or "[::1]:9104", got "${text}"` },
      text,
    );
  }
});
