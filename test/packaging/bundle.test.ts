import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { hash } from 'bcryptjs';
import { writeCodeCache } from '../../packaging/bundle/code-cache.ts';
import { readScripts } from '../../packaging/bundle/scripts.ts';
import { writeBundle } from '../../packaging/bundle/write-bundle.ts';
import { runCommand } from '../commands/run-command.ts';
import { ConfigFolder, type Program, runToEnd, startProgram } from '../end-to-end/program.ts';
import { createFolder, removeFolder } from '../support/daemon.ts';

const TOP = fileURLToPath(new URL('../../../', import.meta.url));
const CONFIG = `
dsn: "sqlite::memory:"
metrics:
  answer: {query: select 42 n, type: gauge, value: n}
`;
/** Loaded before the bundle in each of its threads: says which code was compiled already. */
const OBSERVER = `
const vm = require('node:vm');
vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    const name = require('node:path').basename(options.filename, '.code.js');
    require('node:fs').writeSync(2, 'code of ' + name + ' rejected: ' + this.cachedDataRejected + '\\n');
  }
};`;

describe('the scripts of the program', () => {
  it('are all that threads and processes begin with', () => {
    const files = readdirSync(join(TOP, 'src'), { recursive: true, encoding: 'utf8' });
    const begun = files
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => {
        const code = readFileSync(join(TOP, 'src', file), 'utf8');
        return [...code.matchAll(/\b(?:new Worker|fork)\((?<first>.*)/g)].map(({ groups }) => {
          const { first = '' } = groups ?? {};
          const script = /new URL\('(?<path>[^']+)\.js', import\.meta\.url\)/.exec(first)?.groups?.['path'];
          if (script !== undefined) return join('src', dirname(file), `${script}.ts`);
          // A script that stands there as a text needs no file.
          return /^["']/.test(first) ? null : `${file}: ${first}`;
        });
      })
      .filter((path) => path !== null);
    assert.ok(begun.length > 3);
    const scripts = readScripts(TOP).map(({ path }) => path);
    assert.deepEqual(begun.sort(), scripts.filter((path) => path !== 'src/main.ts').sort());
  });

  it('have names of their own, since they lie in one folder', () => {
    const names = readScripts(TOP).map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });
});

describe('the bundle', () => {
  let folder: string;
  let code: string;
  let main: string;
  let observed: NodeJS.ProcessEnv;
  before(async () => {
    folder = await createFolder('bundle');
    code = join(folder, 'bundle/dist/src');
    main = join(code, 'main.js');
    const observer = join(folder, 'observer.cjs');
    writeFileSync(observer, OBSERVER);
    observed = { NODE_OPTIONS: `--require=${observer}` };
    await writeBundle(TOP, join(folder, 'bundle'));
    await writeCodeCache(join(folder, 'bundle'), join(TOP, 'packaging/bundle/keep-code.cjs'));
  });
  after(() => removeFolder(folder));

  const untilSample = async (program: Program): Promise<void> => {
    await program.untilSample('query_exporter_answer', 42);
  };
  const startBundle = (config: ConfigFolder, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) =>
    startProgram(config, args, env, null, main);

  it('starts with the code of main and of the poller compiled already', async () => {
    await using config = await ConfigFolder.create(CONFIG);
    await using program = await startBundle(config, [], observed);
    await untilSample(program);
    assert.match(program.stderr, /^code of main rejected: false$/m);
    assert.match(program.stderr, /^code of poller-thread rejected: false$/m);
    assert.equal(await program.stop(), 0);
  });

  it('starts without a code cache, and with one of another Node.js', async () => {
    await using config = await ConfigFolder.create(CONFIG);
    for (const name of ['main', 'poller-thread']) {
      const cache = join(code, `${name}.code.cache`);
      const bytes = readFileSync(cache);
      renameSync(cache, `${cache}.aside`);
      try {
        await using bare = await startBundle(config, [], observed);
        await untilSample(bare);
        assert.match(bare.stderr, new RegExp(`^code of ${name} rejected: undefined$`, 'm'));
        // The second word is the hash of V8's version.
        bytes.writeUInt32LE(bytes.readUInt32LE(4) ^ 1, 4);
        writeFileSync(cache, bytes);
        await using strange = await startBundle(config, [], observed);
        await untilSample(strange);
        assert.match(strange.stderr, new RegExp(`^code of ${name} rejected: true$`, 'm'));
      } finally {
        renameSync(`${cache}.aside`, cache);
      }
    }
  });

  it('knows its version, packs and schema', async () => {
    const { version } = JSON.parse(readFileSync(join(TOP, 'package.json'), 'utf8'));
    const said = await runToEnd(['--version'], {}, null, main);
    assert.match(
      said.stdout,
      new RegExp(`^query-exporter ${version} \\(revision \\S+, branch \\S+, node v\\S+\\)$`, 'm'),
    );
    const build = JSON.parse(readFileSync(join(folder, 'bundle/build.json'), 'utf8'));
    assert.ok(said.stdout.includes(`revision ${build.revision}`));
    assert.equal((await runToEnd(['packs'], {}, null, main)).stdout, (await runCommand(['packs'])).stdout);
    const schema = await runToEnd(['schema'], {}, null, main);
    assert.equal(schema.stdout, readFileSync(join(folder, 'bundle/config.schema.json'), 'utf8'));
  });

  it('runs the demo, whose shop is a thread and whose database a process', async () => {
    const { status, stdout } = await runToEnd(['demo', '--once'], {}, null, main);
    assert.equal(status, 0);
    assert.match(stdout, /^shop_\w+\{/m);
  });

  it('checks a password', async () => {
    await using config = await ConfigFolder.create(CONFIG);
    const users = { prometheus: await hash('open sesame', 4) };
    await config.write(JSON.stringify({ basic_auth_users: users }), 'web.yml');
    await using program = await startBundle(config, ['--web.config.file', config.file('web.yml')]);
    const login = (password: string) => ({
      headers: { Authorization: `Basic ${Buffer.from(`prometheus:${password}`).toString('base64')}` },
    });
    assert.equal((await program.get('/metrics', login('open sesame'))).status, 200);
    assert.equal((await program.get('/metrics', login('wrong'))).status, 401);
  });

  it('carries the license of every package in it, and a source map beside every script', () => {
    const notices = readFileSync(join(folder, 'bundle/THIRD-PARTY-NOTICES'), 'utf8');
    const inside = new Set<string>();
    for (const { name } of readScripts(TOP)) {
      const { sources } = JSON.parse(readFileSync(join(code, `${name}.code.js.map`), 'utf8')) as { sources: string[] };
      assert.ok(sources.some((source) => basename(source) === `${name}.ts`));
      for (const source of sources) {
        const path = source.replace(/^(?:\.\.\/)+/, '');
        for (const { 0: folder, index } of path.matchAll(/node_modules\/(?:@[^/]+\/)?[^/]+/g)) {
          const place = join(TOP, path.slice(0, index), folder);
          // What a package was made of before it was published is not there.
          if (existsSync(join(place, 'package.json'))) inside.add(place);
        }
      }
    }
    assert.ok(inside.size > 50, `only ${inside.size} packages`);
    for (const place of inside) {
      const { name, version, license } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
      const file = readdirSync(place).find((one) => /^licen[cs]e/i.test(one));
      assert.ok(notices.includes(`\n${name} ${version} (${license})\n`), `${name} ${version}`);
      assert.ok(file !== undefined && notices.includes(readFileSync(join(place, file), 'utf8').trim()), name);
    }
  });
});
