import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contentsOf, listPacks, readPack } from '../../src/config/pack-files.ts';
import { ConfigFolder } from '../end-to-end/program.ts';
import { runCommand } from './run-command.ts';

describe('the command "packs"', () => {
  it('lists each pack with its engine, what it holds and its queries', async () => {
    const { status, stdout } = await runCommand(['packs']);
    assert.equal(status, 0);
    const blocks = stdout.trimEnd().split('\n\n');
    assert.equal(blocks.length, listPacks().length);
    for (const [index, name] of listPacks().entries()) {
      const { description, engine, queries } = contentsOf(readPack(name));
      const [head = '', ...lines] = blocks[index]?.split('\n') ?? [];
      assert.deepEqual(head.split(/ {2,}/), [name, engine, description]);
      assert.deepEqual(
        lines.map((line) => line.trim()),
        Object.keys(queries),
      );
    }
  });

  it('prints a pack as YAML, with its metrics and grants in comments', async () => {
    const { status, stdout } = await runCommand(['packs', 'mysql']);
    assert.equal(status, 0);
    assert.match(stdout, /^engine: mysql\nqueries:\n {2}mysql_up:\n/m);
    const comments = stdout.slice(stdout.indexOf('# Metrics\n'));
    assert.match(comments, /^# {3}mysql_up +gauge$/m);
    assert.match(comments, /^# {3}mysql_global_status_\{counter\} +counter, \d+ names$/m);
    assert.match(comments, /^# Grants\n(?:# {3}GRANT .*\n)+$/m);
    assert.ok(comments.split('\n').every((line) => line === '' || line.startsWith('#')));
  });

  it('prints what loads where its queries are put into a configuration', async () => {
    const { stdout } = await runCommand(['packs', 'mysql-users']);
    const queries = stdout.slice(stdout.indexOf('queries:\n'));
    await using folder = await ConfigFolder.create(`dsn: u:p@tcp(h)/d\n${queries}`);
    const { status, stderr } = await runCommand(['check', '--config', folder.config]);
    assert.equal(status, 0, stderr);
  });

  it('says which names there are for one that is none, and what goes with --missing', async () => {
    for (const [args, problem] of [
      [['packs', 'mysq'], 'no pack is called "mysq", did you mean "mysql"?'],
      [['packs', 'db2'], `no pack is called "db2", expected one of ${listPacks().join(', ')}`],
      [['packs', '--missing', 'db'], '--missing: expected the name of a pack as well'],
    ] as const) {
      const { status, stderr } = await runCommand(args);
      assert.deepEqual([status, stderr.split('\n')[0]], [2, `query-exporter: ${problem}`]);
    }
  });
});

describe('the command "check" on packs', () => {
  it('says how many metrics a query has where there are many, and what each query is about', async () => {
    await using folder = await ConfigFolder.create('dsn: u:p@tcp(h)/d\npacks: [mysql]\n');
    const { status, stdout, stderr } = await runCommand(['check', '--config', folder.config]);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^mysql_up on default\n {2}about {5}Whether .*\n {2}metrics {3}mysql_up\n/m);
    assert.match(stdout, /^ {2}metrics {3}\d{3}: mysql_global_variables_\w+(?:, mysql_global_variables_\w+){4}, …$/m);
  });
});
