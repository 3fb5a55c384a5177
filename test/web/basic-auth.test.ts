import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashSync } from 'bcryptjs';
import type { WebConfig } from '../../src/config/web-config.ts';
import { BasicAuth } from '../../src/web/basic-auth.ts';
import { PasswordChecker } from '../../src/web/password-checker.ts';
import { ask } from './ask.ts';
import { failing, SERVER_TEXT, serve, toStatus } from './fixtures.ts';

const HASH = hashSync('secret', 4);
const USERS = new Map([['ann', HASH]]);

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function toWebConfig(changes: Partial<WebConfig> = {}): WebConfig {
  return { tls: null, users: USERS, headers: {}, ...changes };
}

/** Compares in place of bcrypt, and keeps what it was asked. */
function fakeCompare() {
  const asked: string[] = [];
  const compare = async (password: string, hash: string) => {
    asked.push(`${password} ${hash}`);
    return password === hash;
  };
  return { asked, auth: new BasicAuth(compare) };
}

test('a password is compared once and known from then on', async () => {
  const { asked, auth } = fakeCompare();
  const users = new Map([['ann', 'good']]);
  const first = auth.check(basic('ann', 'good'), users);
  const meanwhile = auth.check(basic('ann', 'good'), users);
  assert.deepEqual(await Promise.all([first, meanwhile]), ['granted', 'granted']);
  assert.equal(auth.check(basic('ann', 'good'), users), 'granted');
  assert.equal(await auth.check(basic('ann', 'bad'), users), 'denied');
  assert.equal(auth.check(basic('ann', 'bad'), users), 'denied');
  assert.deepEqual(asked, ['good good', 'bad good']);
});

test('an unknown user costs as much as a known one, and never gets in', async () => {
  const { asked, auth } = fakeCompare();
  const users = new Map([['ann', 'good']]);
  assert.equal(await auth.check(basic('bob', 'good'), users), 'denied');
  assert.deepEqual(asked, ['good good']);
  assert.equal(await auth.check(basic('bob', 'good'), new Map([...users, ['bob', 'good']])), 'granted');
});

test('a changed hash is compared anew', async () => {
  const { auth } = fakeCompare();
  assert.equal(await auth.check(basic('ann', 'old'), new Map([['ann', 'old']])), 'granted');
  assert.equal(await auth.check(basic('ann', 'old'), new Map([['ann', 'new']])), 'denied');
});

test('somebody who guesses does not push out who was let in', async () => {
  const { auth } = fakeCompare();
  const users = new Map([['ann', 'good']]);
  await auth.check(basic('ann', 'good'), users);
  for (let guess = 0; guess < 3_000; guess += 1) await auth.check(basic('ann', `guess ${guess}`), users);
  assert.equal(auth.check(basic('ann', 'good'), users), 'granted');
});

test('being too busy is not remembered', async () => {
  const answers = [null, true];
  const auth = new BasicAuth(async () => answers.shift() ?? null);
  assert.equal(await auth.check(basic('ann', 'x'), USERS), 'busy');
  assert.equal(await auth.check(basic('ann', 'x'), USERS), 'granted');
});

test('what is no basic authentication is denied without a comparison', () => {
  const { asked, auth } = fakeCompare();
  for (const header of [undefined, '', 'Basic', 'Basic !!!', 'Basic YW5u', 'Bearer x', `x ${basic('ann', 'good')}`]) {
    assert.equal(auth.check(header, USERS), 'denied', header);
  }
  assert.deepEqual(asked, []);
});

test('hashes of every common prefix are compared on another thread, and not too many at a time', async () => {
  const checker = new PasswordChecker();
  for (const prefix of ['$2a', '$2b', '$2y']) {
    const hash = HASH.replace(/^\$2b/, prefix);
    assert.equal(await checker.compare('secret', hash), true, prefix);
    assert.equal(await checker.compare('Secret', hash), false, prefix);
  }
  assert.equal(await checker.compare('secret', 'no hash'), false);
  const answers = await Promise.all(Array.from({ length: 40 }, () => checker.compare('secret', HASH)));
  assert.equal(answers.filter((answer) => answer === true).length, 32);
  assert.equal(answers.filter((answer) => answer === null).length, 8);
  const pending = checker.compare('secret', HASH);
  await checker.close();
  assert.ok([true, null].includes(await pending));
});

test('with users in the web configuration, every path asks for a password', async () => {
  await using server = await serve({ webConfig: { path: 'web.yml', load: () => toWebConfig() } });
  for (const path of ['/metrics', '/', '/api/v1/sd', '/-/healthy', '/config', '/nothing']) {
    for (const headers of [{}, { Authorization: basic('ann', 'wrong') }, { Authorization: basic('bob', 'secret') }]) {
      const reply = await ask(server, path, { headers });
      assert.equal(reply.status, 401);
      assert.equal(reply.headers['www-authenticate'], 'Basic realm="query-exporter", charset="UTF-8"');
    }
  }
  const reply = await ask(server, '/metrics', { headers: { Authorization: basic('ann', 'secret') } });
  assert.equal(reply.status, 200);
});

test('who gave a password may see everything from everywhere', async () => {
  const webConfig = { path: 'web.yml', load: () => toWebConfig() };
  await using server = await serve({ webConfig, status: () => toStatus({ tasks: [failing()] }) });
  const headers = { Authorization: basic('ann', 'secret'), 'X-Forwarded-For': '192.0.2.1' };
  assert.equal((await ask(server, '/config', { headers })).status, 200);
  const { tasks } = JSON.parse((await ask(server, '/api/v1/status', { headers })).text);
  assert.equal(tasks[0].last_failure.message, `query "orders" on target "prod01": ${SERVER_TEXT}`);
});

test('headers of the web configuration are on every answer', async () => {
  const headers = { 'Strict-Transport-Security': 'max-age=60', 'Content-Security-Policy': "default-src 'self'" };
  await using server = await serve({
    webConfig: { path: 'web.yml', load: () => toWebConfig({ headers, users: new Map() }) },
  });
  for (const path of ['/metrics', '/', '/nothing', '/config']) {
    const reply = await ask(server, path);
    assert.equal(reply.headers['strict-transport-security'], 'max-age=60', path);
    assert.equal(reply.headers['content-security-policy'], "default-src 'self'", path);
  }
});
