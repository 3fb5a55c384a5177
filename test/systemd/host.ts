import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../support/processes.ts';
import { repositoryRoot } from '../support/tools.ts';
import type { Container } from './container.ts';

/** The folder of a system to boot. */
export async function makeRoot(release: string): Promise<string> {
  await command(join(repositoryRoot(), 'test/systemd/rootfs.sh'), [release]);
  return join(repositoryRoot(), '.cache/debian', release);
}

export interface Packages extends AsyncDisposable {
  readonly first: string;
  /** The same program in a newer package. */
  readonly second: string;
}

export async function buildPackages(): Promise<Packages> {
  const folder = await mkdtemp(join(tmpdir(), 'query-exporter-deb-'));
  // A package that is made for a test is packed quickly.
  const env = { ...process.env, QE_PACKAGES: folder, QE_COMPRESSION: '1' };
  await command(join(repositoryRoot(), 'packaging/build.sh'), ['deb'], env);
  await command(join(repositoryRoot(), 'packaging/deb/build.sh'), ['2'], env);
  const names = await readdir(folder);
  const find = (revision: number) =>
    join(folder, names.find((name) => name.includes(`-${revision}_`)) ?? assert.fail('no package was built'));
  return {
    first: find(1),
    second: find(2),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** Copies the package, and what the tests run inside, to /root, and installs it. */
export async function installPackage(host: Container, path: string, mode?: 'copy only'): Promise<void> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  await host.sh(`cat > ${name}`, await readFile(path));
  await host.sh('cat > scrapes.js', await readFile(join(import.meta.dirname, 'scrapes.js')));
  await host.sh('echo \'{"type": "module"}\' > package.json');
  await host.sh('cat > pause-thread.pl', await readFile(join(repositoryRoot(), 'test/systemd/pause-thread.pl')));
  if (mode !== 'copy only') await host.sh(`apt-get install --yes ./${name}`);
}

/** Every block of shell commands of a page, under the heading before it. */
export function commandsIn(markdown: string): readonly { readonly heading: string; readonly commands: string }[] {
  const blocks = [...markdown.matchAll(/^#+ (?<heading>.*)$|^```sh\n(?<commands>[\s\S]*?)^```$/gm)];
  let current = '';
  return blocks.flatMap(({ groups }) => {
    current = groups?.['heading'] ?? current;
    const commands = groups?.['commands'];
    return commands === undefined ? [] : [{ heading: current, commands }];
  });
}

/** The samples of a scrape by name and labels. */
export async function scrape(host: Container): Promise<ReadonlyMap<string, number>> {
  const text = await host.sh('curl --silent --fail --max-time 5 localhost:9104/metrics');
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

/** The Node.js that packages bring gives threads the names of their workers. */
export async function findPollerThread(host: Container, pid: string): Promise<string> {
  const found = await host.sh(`grep -lx poller /proc/${pid}/task/*/comm`);
  return /\/task\/(\d+)\/comm$/.exec(found.trim())?.[1] ?? assert.fail(`expected one thread, got: ${found}`);
}

/** Stops one thread of a process until it is disposed of. */
export async function pauseThread(host: Container, thread: string): Promise<AsyncDisposable> {
  const enter = host.enter('perl', '/root/pause-thread.pl', thread) ?? assert.fail('the container is not up');
  const child = spawn(enter.command, enter.args, { env: enter.env });
  const ended = once(child, 'exit');
  const [said] = (await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')])) as [Buffer];
  assert.equal(said.toString(), 'paused\n');
  return {
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}

async function command(name: string, args: readonly string[], env = process.env): Promise<string> {
  const { ok, output } = await run(name, args, { env });
  if (!ok) throw new Error(`${name} ${args.join(' ')} failed:\n${output}`);
  return output;
}
