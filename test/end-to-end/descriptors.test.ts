import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { ConfigFolder, runToEnd, startProgram } from './program.ts';

describe('file descriptors', () => {
  let mariadb: Mariadb;
  before(async () => {
    mariadb = await startMariadb();
  });
  after(() => mariadb[Symbol.asyncDispose]());

  it('that are too few to load the program are said in one line', async () => {
    for (const args of [['--version'], ['--config', 'config.yml']]) {
      const { status, stdout, stderr } = await runToEnd(args, {}, 64);
      assert.deepEqual([status, stdout], [1, '']);
      assert.match(stderr, /^query-exporter: this process may open 64 file descriptors, and needs 128 at least: .*\n$/);
    }
  });

  it('are not used up by clients: databases are asked and scrapes are answered', async () => {
    await using folder = await ConfigFolder.create(configOf(1));
    await using program = await startProgram(folder, [], {}, 128);
    await program.untilReady();
    const port = Number(new URL(program.url).port);
    const clients: Socket[] = [];
    for (let count = 0; count < 200; count++) {
      const client = connect(port, '127.0.0.1').on('error', () => undefined);
      await once(client, 'connect');
      clients.push(client);
    }
    // A new connection has to be made.
    for (const { id } of await mariadb.processlist()) await mariadb.query(`KILL ${id}`);
    const { refreshes } = await program.task('answer', 'db0');
    await program.until('queries run again', async () => {
      const task = await program.task('answer', 'db0');
      return task.refreshes > refreshes + 2 && task.state === 'fresh';
    });
    for (const client of clients) client.destroy();
    assert.equal(await program.stop(), 0);
    assert.doesNotMatch(program.stderr, /EMFILE|level=error/);
  });

  it('that a plan may need and the process does not have are said at start and by check', async () => {
    await using folder = await ConfigFolder.create(configOf(60));
    const said = /the connections of 60 targets may need 260 file descriptors, and this process may open 200: raise/;
    await using program = await startProgram(folder, [], {}, 200);
    assert.match(program.stderr, said);
    assert.equal(await program.stop(), 0);
    const check = await runToEnd(['check', '--config', folder.config], {}, 200);
    assert.deepEqual([check.status, said.test(check.stderr)], [0, true]);
    assert.doesNotMatch((await runToEnd(['check', '--config', folder.config], {}, 1_024)).stderr, /file descriptors/);
  });

  /** Each target is another server, as far as names tell. */
  function configOf(targets: number): string {
    const dsn = (index: number) => `test:test123@tcp(127.0.0.${index + 1}:${mariadb.port})/`;
    const lines = Array.from({ length: targets }, (_, index) => `  db${index}: {dsn: "${dsn(index)}"}`);
    const query = 'answer: {sql: select 42 n, interval: 200ms, metrics: {answer: {type: gauge, value: n}}}';
    return `targets:\n${lines.join('\n')}\nqueries:\n  ${query}\n`;
  }
});
