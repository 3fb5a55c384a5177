import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mariadbPlugins } from '../support/mariadb-plugins.ts';
import { askOne, assertFails } from './driver-bench.ts';
import { createMysqlBench, type MysqlBench } from './mysql-bench.ts';
import { startFakeServer } from './mysql-proxy.ts';

describe("MariaDB's authentication method ed25519", () => {
  let bench: MysqlBench;
  before(async () => {
    const plugins = await mariadbPlugins('auth_ed25519');
    bench = await createMysqlBench({ flags: [`--plugin-dir=${plugins}`, '--plugin-load-add=auth_ed25519'] });
  });
  after(() => bench[Symbol.asyncDispose]());

  const passwords = ['secret', 'p@ss:w/o?rd ü', 'x', 'of more than thirty-two bytes, as long as it takes to be long'];
  for (const [index, password] of passwords.entries()) {
    it(`lets a user in with the password "${password}", and not with another one`, async () => {
      const user = `ed${index}`;
      await bench.server.query(`CREATE USER ${user}@'%' IDENTIFIED VIA ed25519 USING PASSWORD('${password}')`);
      await using driver = bench.open({ user, password: { kind: 'text', text: password }, database: '' });
      assert.match((await askOne(driver, 'SELECT CURRENT_USER()'))[0] ?? '', new RegExp(`^${user}@`));
      await using wrong = bench.open({ user, password: { kind: 'text', text: `${password}.` }, database: '' });
      assert.equal((await assertFails(askOne(wrong, 'SELECT 1 AS n'), 'auth')).errno, 1045);
    });
  }
});

/** The request of a server to go on with another method, and its nonce. */
const AUTH_SWITCH = Buffer.concat([Buffer.from('\xfeparsec\0', 'latin1'), Buffer.alloc(32, 1)]);

it('an authentication method that we do not have is named, and those that we have', async () => {
  await using server = await startFakeServer(() => [], AUTH_SWITCH);
  await using bench = await createMysqlBench();
  await using driver = bench.open({ address: { kind: 'tcp', host: '127.0.0.1', port: server.port } });
  const { message } = await assertFails(askOne(driver, 'SELECT 1 AS n'), 'auth');
  assert.equal(
    message,
    'the server asks for the authentication method parsec, which is not supported; ' +
      'give the user caching_sha2_password, mysql_native_password or ed25519',
  );
});
