import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptionFile } from '../../src/sql/mysql/option-file.ts';

function client(lines: string): Record<string, string | null> {
  return Object.fromEntries(parseOptionFile(`[client]\n${lines}`).client);
}

test('only the client section counts, and the last of several values', () => {
  const { client: options } = parseOptionFile(
    'user=0\n[mysqld]\nuser=1\n[client]\nuser=2\n[mysql]\nuser=3\n[client]\nuser=4\n',
  );
  assert.deepEqual([...options], [['user', '4']]);
});

test('comments end a line, but not within quotes', () => {
  assert.deepEqual(client('# a\n; b\npassword = "a # b" # c\nuser=me#you\n'), { password: 'a # b', user: 'me' });
});

test('quotes are taken off and escapes stand for characters', () => {
  const lines = ["a='x y'", 'b=\\s\\t\\\\n\\q\\"', 'c="it\'s"', 'd="open'];
  assert.deepEqual(client(lines.join('\n')), {
    a: 'x y',
    b: ' \t\\n\\q"',
    c: "it's",
    d: '"open',
  });
});

test('dashes and underscores are one, and an option may stand alone', () => {
  assert.deepEqual(client('ssl_ca = x\r\nskip-ssl\r\nloose-foo=1\r\npassword=\r\n'), {
    'ssl-ca': 'x',
    'skip-ssl': null,
    foo: '1',
    password: '',
  });
});
