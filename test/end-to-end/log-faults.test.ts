import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { runCommand } from '../commands/run-command.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { ConfigFolder, type Program, runToEnd, startProgram, startQuietProgram } from './program.ts';

describe('the log of the exporter', () => {
  let mariadb: Mariadb;
  before(async () => {
    mariadb = await startMariadb({ databases: ['shop'] });
  });
  after(async () => {
    await mariadb[Symbol.asyncDispose]();
  });

  it('says once that a query fails, however often it does, and once that it succeeds again', async () => {
    await using folder = await ConfigFolder.create(`
targets: {shop01: ${target()}}
queries:
  broken: {sql: select n from later, interval: 20ms, metrics: {broken: {type: gauge, value: n}}}
`);
    await using program = await startProgram(folder);
    await program.until('it has failed often', async () => ((await program.task('broken')).failures.query ?? 0) >= 20);
    assert.equal(linesOf(program, 'broken').length, 1);
    await mariadb.query('CREATE TABLE shop.later (n INT)');
    await program.until('it has succeeded', async () => (await program.task('broken')).state === 'fresh');
    await program.stop();
    const [failed = '', succeeded = '', ...more] = linesOf(program, 'broken');
    assert.match(failed, /level=warn msg="refresh failed" query=broken target=shop01 reason=query .*errno=1146/);
    assert.match(succeeded, /level=info msg="refresh succeeds again" query=broken target=shop01/);
    assert.deepEqual(more, []);
  });

  for (const [format, level] of [
    ['text', 'info'],
    ['json', 'debug'],
  ] as const) {
    const told = level === 'debug' ? 'tells each refresh with its statement' : 'tells no refresh that succeeds';
    it(`${told} at ${level}, and keeps the text of a server to one line without control characters`, async () => {
      await mariadb.query(
        `CREATE OR REPLACE PROCEDURE shop.shout()
         SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'first\nlevel=error msg=forged\r\t\x1b[31mred\u2028\x7f'`,
      );
      await using folder = await ConfigFolder.create(`
targets: {shop01: ${target()}}
queries:
  shouting: {sql: call shout(), interval: 1h, metrics: {shouting: {type: gauge, value: n}}}
  quick: {sql: select 1 n, interval: 1h, metrics: {quick: {type: gauge, value: n}}}
`);
      await using program = await startProgram(folder, ['--log.format', format, '--log.level', level]);
      await program.untilReady();
      await program.stop();
      const [line = '', ...more] = linesOf(program, 'forged').filter((one) => !one.includes('refresh ended'));
      assert.deepEqual(more, []);
      assert.match(line, /first\\nlevel=error msg=forged\\r\\t.*\[31mred\\u2028/);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
      assert.doesNotMatch(program.stderr.replaceAll('\n', ''), /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
      assert.equal(program.stderr.split('\n').filter((one) => /^level=/.test(one)).length, 0);
      const ends = linesOf(program, 'refresh ended').map((one) => JSON.parse(one));
      const ended = ends.map(({ query, target: name, rows, series, sql }) => [query, name, rows, series, sql]);
      const quick = ended.filter(([query]) => query === 'quick');
      assert.deepEqual(quick, level === 'debug' ? [['quick', 'shop01', 1, 1, 'select 1 n']] : []);
    });
  }

  it('tells the first problems of a reload that is refused, and how many more there are', async () => {
    const config = `
targets: {shop01: ${target()}}
queries:
  quick: {sql: select 1 n, interval: 1h, metrics: {quick: {type: gauge, value: n}}}`;
    await using folder = await ConfigFolder.create(config);
    await using program = await startProgram(folder);
    await program.untilReady();
    const wrong = Array.from({ length: 1_000 }, (_, n) => `\n  wrong${n}: {sql: select 1 n, interval: soon}`);
    await folder.write(config + wrong.join(''));
    program.signal('SIGHUP');
    await program.until('it is refused', async () => !(await program.readStatus()).config.last_reload_successful);
    const { problems } = (await program.readStatus()).config;
    await program.stop();
    const lines = linesOf(program, 'configuration refused');
    assert.equal(lines.length, 21);
    assert.match(lines.at(-1) ?? '', new RegExp(` more=${(problems?.length ?? 0) - 20}$`));
  });

  it('may go unread for ever: the exporter goes on, and ends when it is told to', async () => {
    await using folder = await ConfigFolder.create(`
targets: {shop01: ${target()}}
queries:
  long: {sql: "select 1 n /* ${'x'.repeat(10_000)} */", interval: 20ms, metrics: {long: {type: gauge, value: n}}}
`);
    await using program = await startProgram(folder, ['--log.level', 'debug']);
    program.leaveOutput();
    await program.until('more was logged than a pipe holds', async () => (await program.task('long')).refreshes > 50);
    program.signal('SIGTERM');
    await program.exited;
    assert.equal(program.endedBy, 'SIGTERM');
  });

  it('may lose its reader: the exporter goes on, at no cost', async () => {
    await using folder = await ConfigFolder.create(`
targets: {shop01: ${target()}}
queries:
  quick: {sql: select 1 n, interval: 100ms, metrics: {quick: {type: gauge, value: n}}}
`);
    await using program = await startProgram(folder, ['--log.level', 'debug']);
    await program.untilReady();
    program.closeOutput();
    // Every reload is logged.
    for (let reload = 2; reload < 7; reload += 1) {
      program.signal('SIGHUP');
      await program.until('it is through', async () => (await program.readStatus()).config.revision === reload);
    }
    const before = await program.readStatus();
    const { refreshes } = await program.task('quick');
    await program.until('it has gone on', async () => (await program.task('quick')).refreshes >= refreshes + 15);
    const after = await program.readStatus();
    const seconds = after.now_timestamp_seconds - before.now_timestamp_seconds;
    const load = (after.process.cpu_seconds - before.process.cpu_seconds) / seconds;
    // Most of it is this test, which asks a hundred times a second; a loop of errors would take a whole core.
    assert.ok(load < 0.6, `${load} cores`);
    assert.equal(await program.stop(), 0);
  });

  it('holds no password at any level and no literal of a statement above debug, nor does any page', async () => {
    const passwords = ['hunter2', 'open-sesame', 'swordfish', 'mellon', 'rosebud'];
    const [wrong, ofFile, ofEnvironment, ofTls, ofReload] = passwords;
    const literal = 'xyzzy';
    const config = `
targets:
  wrong: {dsn: "test:${wrong}@tcp(127.0.0.1:${mariadb.port})/shop"}
  file: {host: 127.0.0.1, port: ${mariadb.port}, user: test, password_file: password}
  environment: {host: 127.0.0.1, port: ${mariadb.port}, user: test, password: "\${SHOP_PASSWORD}"}
  down: {dsn: "mysql://test:${wrong}@127.0.0.1:1/shop"}
  no_tls: {dsn: "test:${ofTls}@tcp(127.0.0.1:${mariadb.port})/shop?tls=true"}
  right: {dsn: "${dsn()}", init_sql: ["set @secret = '${literal}'"]}
queries:
  syntax: {sql: "select '${literal}' from where '${literal}'", interval: 200ms, metrics: {syntax: {type: gauge, value: n}}}
  column: {sql: "select 1 m /* ${literal} */", interval: 200ms, metrics: {column: {type: gauge, value: n}}}
  number: {sql: "select 'x' n /* ${literal} */", interval: 200ms, metrics: {number: {type: gauge, value: n}}}
`;
    await using folder = await ConfigFolder.create(config);
    await folder.write(`${ofFile}\n`, 'password');
    const env = { SHOP_PASSWORD: ofEnvironment };
    const paths = ['/', '/metrics', '/api/v1/status', '/-/ready', '/nowhere', '/metrics?query[]=x'];
    // What is said at graver levels is said at these, too.
    for (const level of ['info', 'debug']) {
      await using program = await startQuietProgram(folder, ['--log.level', level, '--web.enable-lifecycle'], env);
      await program.until('everything has failed', async () => {
        const { targets, tasks } = await program.readStatus();
        const isKnown = targets.every(({ name, up }) => up === (name === 'right'));
        return isKnown && tasks.filter(({ last_failure: failure }) => failure?.reason === 'query').length > 0;
      });
      const answers = await Promise.all(paths.map(async (path) => (await program.get(path)).text()));
      await folder.write(config.replace('@tcp(', `${ofReload}@nonsense(`));
      answers.push(await (await program.get('/-/reload', { method: 'POST' })).text());
      answers.push(await (await program.get('/')).text());
      // The configuration itself shows statements, for trusted readers.
      assertSilent([await (await program.get('/config')).text()], passwords);
      await folder.write(config);
      await program.stop();
      assertSilent([program.stdout, program.stderr, ...answers], passwords);
      assertSilent([program.stdout, ...answers, ...(level === 'debug' ? [] : [program.stderr])], [literal]);
    }
    for (const command of ['check', 'test']) {
      const { stdout, stderr } = await runCommand([command, '--config', folder.config], env);
      assertSilent([stdout, stderr], [...passwords, literal]);
    }
  });

  it('holds no password of a data source name or file that cannot be read', async () => {
    const secret = 'hunter2';
    const names = [
      `test:${secret}@tcp(127.0.0.1:33x6)/shop`,
      `test:${secret}@tcp(127.0.0.1:3306/shop`,
      `test:${secret}@unix(/run/mysqld)`,
      `test:${secret}@tcp(127.0.0.1:3306)/shop?timeout=5&tls=preferred`,
      `test:${secret}@tcp(127.0.0.1:3306)/shop?password=${secret}&nonsense=${secret}`,
      `mysql://test:${secret}%zz@127.0.0.1/shop`,
      `mysql://test:${secret}@@127.0.0.1:70000/shop`,
      `mysqll://test:${secret}@127.0.0.1/shop`,
      `test:${secret}`,
    ];
    await using folder = await ConfigFolder.create(`
targets:
${names.map((name, index) => `  t${index}: {dsn: ${JSON.stringify(name)}}`).join('\n')}
  key: {host: 127.0.0.1, user: test, password: ${secret}, tls: {ca_file: key.pem}}
queries: {one: {sql: select 1 n, metrics: {one: {type: gauge, value: n}}}}
`);
    await folder.write(`-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`, 'key.pem');
    for (const command of ['serve', 'check', 'test']) {
      // Its poller is a thread before the configuration is read, so it needs a process of its own.
      const run = command === 'serve' ? runToEnd : runCommand;
      const { status, stdout, stderr } = await run([command, '--config', folder.config]);
      assert.equal(status, 1);
      assert.equal(new Set(stderr.match(/targets\.t\d\.dsn:/g)).size, names.length, stderr);
      assertSilent([stdout, stderr], [secret]);
    }
  });

  function dsn(): string {
    return `test:test123@tcp(127.0.0.1:${mariadb.port})/shop`;
  }

  function target(): string {
    return `{dsn: "${dsn()}", ping_interval: off}`;
  }
});

function linesOf({ stderr }: Program, query: string): string[] {
  return stderr.split('\n').filter((line) => line.includes(query) && !line.includes('polling'));
}

function assertSilent(texts: readonly string[], secrets: readonly string[]): void {
  for (const secret of secrets) {
    const traitor = texts.find((text) => text.includes(secret));
    assert.equal(traitor, undefined, `"${secret}" stands in:\n${traitor}`);
  }
}
