/** The container image, run as an engine runs it, without /proc: `npm run test:package`. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findFreePort, until } from '../support/daemon.ts';
import { type Mariadb, startMariadb } from '../support/mariadb.ts';
import { type RunResult, run } from '../support/processes.ts';
import { artefact, command } from './artefacts.ts';
import { type ImageConfig, unpackImage } from './image-files.ts';

const USER = 65532;
const PASSWORD = 'a "quoted" pass#word';
/** What never happens is given up after this; on a busy machine everything may take long. */
const LIMIT_MS = 300_000;

describe('the image', () => {
  let folder: string;
  let image: ImageConfig;
  let mariadb: Mariadb;
  let port: number;
  let program: ChildProcess;

  const start = (args: readonly string[]): ChildProcess => {
    const [program = '', ...rest] = engine(folder, image, args);
    return spawn(program, rest, { env: environmentOf(image), stdio: 'inherit' });
  };
  const runInside = (args: readonly string[]): Promise<RunResult> => {
    const [program = '', ...rest] = engine(folder, image, args);
    return run(program, rest, { env: environmentOf(image) });
  };
  const page = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'query-exporter-image-'));
    for (const name of ['root', 'config', 'secrets']) mkdirSync(join(folder, name));
    image = await unpackImage(artefact('image'), join(folder, 'root'));
    // An engine makes the places that it mounts to.
    for (const name of ['dev', 'etc/query-exporter', 'run/secrets', 'tmp'])
      mkdirSync(join(folder, 'root', name), { recursive: true });
    mariadb = await startMariadb();
    port = await findFreePort();
    writeFileSync(
      join(folder, 'config/config.yml'),
      JSON.stringify({
        targets: {
          server: { host: '127.0.0.1', port: mariadb.port, user: 'image', password_file: 'db_password' },
          file: { dsn: 'sqlite::memory:' },
        },
        queries: {
          answer: { sql: 'SELECT 42 AS n', interval: '1h', metrics: { answer: { type: 'gauge', value: 'n' } } },
        },
      }),
    );
    const secret = join(folder, 'secrets/db_password');
    writeFileSync(secret, PASSWORD, { mode: 0o400 });
    chownSync(secret, USER, USER);
    await mariadb.query(`CREATE USER 'image'@'%' IDENTIFIED BY '${PASSWORD}'`);
  });
  after(async () => {
    if (program?.exitCode === null) {
      process.kill(insidePid(program), 'SIGKILL');
      await once(program, 'exit');
    }
    await mariadb?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  test('has no shell, no owner but root and the user of the exporter, and a health check', () => {
    assert.equal(image.User, `${USER}:${USER}`);
    assert.deepEqual(image.Entrypoint, ['/usr/bin/query-exporter']);
    assert.deepEqual(image.Healthcheck.Test, ['CMD', '/usr/bin/query-exporter', 'health']);
    assert.deepEqual(Object.keys(image.Volumes), ['/var/lib/query-exporter']);
    assert.deepEqual(Object.keys(image.ExposedPorts), ['9104/tcp']);
    const root = join(folder, 'root');
    assert.deepEqual(readdirSync(join(root, 'usr/bin')), ['query-exporter']);
    const { uid, mode } = statSync(join(root, 'var/lib/query-exporter'));
    assert.deepEqual([uid, mode & 0o022], [USER, 0]);
  });

  test('is read by an engine', async () => {
    const [storage, runFiles] = [join(folder, 'storage'), join(folder, 'run')];
    const buildah = ['--root', storage, '--runroot', runFiles, '--storage-driver', 'vfs'];
    // Engines unpack it first; buildah leaves that to others.
    const archive = join(folder, 'image.tar');
    await command('sh', '-ec', 'gunzip <"$1" >"$2"', 'sh', artefact('image'), archive);
    await command('buildah', ...buildah, 'pull', '--quiet', `docker-archive:${archive}`);
    assert.match(await command('buildah', ...buildah, 'images'), /query-exporter +\d/);
    for (const path of [archive, storage, runFiles]) await rm(path, { recursive: true, force: true });
  });

  test('prints its version, and runs the demo once', async () => {
    assert.match((await runInside(['--version'])).output, /^query-exporter \d/);
    assert.match((await runInside(['demo', '--once'])).output, /^shop_/m);
  });

  test('health ends with 1 while nothing runs', async () => {
    const { ok, output } = await runInside(['health', '--bind', `127.0.0.1:${port}`]);
    assert.deepEqual([ok, /ECONNREFUSED/.test(output)], [false, true], output);
  });

  test('serves a server with the password from a secret, and an SQLite database, on a root that is read-only', async () => {
    program = start(['--bind', `127.0.0.1:${port}`]);
    const answers = await until('both samples', LIMIT_MS, async () => {
      assert.equal(program.exitCode, null);
      const text = await page().catch(() => '');
      const lines = text.match(/^query_exporter_answer\{.*$/gm) ?? [];
      return lines.length === 2 ? lines.sort() : undefined;
    });
    assert.deepEqual(answers, ['query_exporter_answer{target="file"} 42', 'query_exporter_answer{target="server"} 42']);
  });

  test('leaves out what only /proc tells', async () => {
    assert.doesNotMatch(await page(), /^process_resident_memory_bytes/m);
  });

  test('runs as process 1 of its user, with no capability', () => {
    const status = readFileSync(`/proc/${insidePid(program)}/status`, 'utf8');
    assert.match(status, /^NSpid:\t\d+\t1$/m);
    assert.match(status, new RegExp(`^Uid:\t${USER}\t${USER}\t${USER}\t${USER}$`, 'm'));
    assert.match(status, /^CapEff:\t0+$/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
  });

  test('health ends with 0 while it runs', async () => {
    const { ok, output } = await runInside(['health', '--bind', `127.0.0.1:${port}`]);
    assert.deepEqual([ok, output], [true, 'alive: answers with 200\n']);
  });

  test('ends with 0 on SIGTERM, its results in the volume', async () => {
    process.kill(insidePid(program), 'SIGTERM');
    await once(program, 'exit');
    assert.equal(program.exitCode, 0);
    const files = readdirSync(join(folder, 'root/var/lib/query-exporter'));
    assert.ok(
      files.some((name) => name.endsWith('.state')),
      files.join(' '),
    );
  });
});

/** The command line of a container: namespaces of its own for processes and mounts, the user of the image, no new rights. */
function engine(folder: string, { Entrypoint, User, WorkingDir }: ImageConfig, args: readonly string[]): string[] {
  const root = join(folder, 'root');
  const [uid = '', gid = ''] = User.split(':');
  // The volume is a mount of its own, which stays writable.
  const mounts = `
    mount --bind ${root} ${root}
    mount --rbind /dev ${root}/dev
    mount -t tmpfs tmpfs ${root}/tmp
    mount --bind ${root}/var/lib/query-exporter ${root}/var/lib/query-exporter
    mount --bind -o ro ${folder}/config ${root}/etc/query-exporter
    mount --bind -o ro ${folder}/secrets ${root}/run/secrets
    mount -o remount,bind,ro ${root}
    exec "$@"`;
  const inside = ['--pid', '--fork', `--root=${root}`, `--wd=${WorkingDir}`];
  return [
    ...['unshare', '--mount', 'sh', '-ec', mounts, 'sh'],
    ...['setpriv', '--no-new-privs', '--clear-groups'],
    ...['unshare', ...inside, '--setuid', uid, '--setgid', gid, ...Entrypoint, ...args],
  ];
}

function environmentOf({ Env }: ImageConfig): NodeJS.ProcessEnv {
  const own = Object.fromEntries(
    Env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  return { PATH: process.env['PATH'], ...own };
}

/** The process outside that is process 1 inside. */
function insidePid({ pid }: ChildProcess): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]);
}
