import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type RunResult, run, whereIs } from './processes.ts';

export interface FetchOptions {
  /** False: a package alone, for files that need nothing of the packages that it depends on. */
  readonly withDependencies?: boolean;
}

/**
 * Fetches packages, each with those it depends on that this machine lacks, into `folder/NAME`. Needs no root and no
 * earlier `apt-get update`, and changes nothing outside `folder`: apt works in a state of its own with the machine's
 * sources, keys and proxies. Several processes may do the same at one time; the first one stands.
 */
export async function fetchPackages(
  packages: readonly string[],
  folder: string,
  { withDependencies = true }: FetchOptions = {},
): Promise<void> {
  if (whereIs('apt-get') === null || whereIs('dpkg') === null) throw new Error('there is no apt-get here to fetch it');
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, '.fetch-'));
  try {
    const apt = await createPrivateApt(work);
    // A source that does not answer is no failure as long as another one has the package.
    const update = await apt(['update']);
    for (const name of packages) {
      const unpacked = join(work, name);
      const archives = join(work, 'cache', 'archives');
      const download = await (withDependencies
        ? apt(['install', '--download-only', '--yes', '--no-install-recommends', name])
        : apt(['download', name], archives));
      if (!download.ok) throw new Error(`apt cannot fetch it: ${firstProblem(`${update.output}\n${download.output}`)}`);
      await unpack(archives, unpacked);
      await linkLibraries(unpacked);
      await writeFontConfiguration(unpacked);
      await moveIntoPlace(unpacked, join(folder, name));
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

type Apt = (args: readonly string[], folder?: string) => Promise<RunResult>;

async function createPrivateApt(work: string): Promise<Apt> {
  const state = join(work, 'state');
  await mkdir(join(state, 'lists', 'partial'), { recursive: true });
  await mkdir(join(work, 'cache', 'archives', 'partial'), { recursive: true });
  await copyFile('/var/lib/dpkg/status', join(state, 'status'));
  const configuration = join(work, 'apt.conf');
  await writeFile(
    configuration,
    [
      `Dir::State "${state}";`,
      `Dir::State::status "${join(state, 'status')}";`,
      `Dir::Cache "${join(work, 'cache')}";`,
      // The state belongs to this process alone, and an ordinary user cannot take the machine's locks.
      'Debug::NoLocking "1";',
      // As root apt would download as the user _apt, who cannot write here.
      'APT::Sandbox::User "root";',
      'Acquire::Languages "none";',
      'Acquire::Retries "2";',
      // The hooks of the machine work on the machine's state: they empty caches and notify desktops.
      ...['Pre-Invoke', 'Post-Invoke', 'Post-Invoke-Success'].map((hook) => `#clear APT::Update::${hook};`),
      '#clear DPkg::Post-Invoke;',
      '',
    ].join('\n'),
  );
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
  return (args, cwd) =>
    run('apt-get', ['-c', configuration, '-qq', ...args], { env, ...(cwd !== undefined && { cwd }) });
}

function firstProblem(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  return lines.find((line) => /^[EW]: /.test(line)) ?? lines.find((line) => line !== '') ?? 'it says nothing';
}

async function unpack(archives: string, folder: string): Promise<void> {
  for (const name of await readdir(archives)) {
    if (!name.endsWith('.deb')) continue;
    const archive = join(archives, name);
    const { ok, output } = await run('dpkg', ['-x', archive, folder]);
    if (!ok) throw new Error(`dpkg cannot unpack ${name}: ${firstProblem(output)}`);
    await rm(archive);
  }
  // Prometheus' old pages bring 200 MB of time zones in JavaScript.
  await rm(join(folder, 'usr', 'share', 'javascript'), { recursive: true, force: true });
}

/** Libraries lie in many folders, some reached only by paths from the root; one folder of links finds them all. */
async function linkLibraries(folder: string): Promise<void> {
  const links = join(folder, '.libraries');
  const files = await readdir(folder, { recursive: true });
  const libraries = files.filter((file) => /(^|\/)lib\/[^/]+-linux-gnu[^/]*\/.*\.so(\.[^/]*)?$/.test(file));
  if (libraries.length === 0) return;
  await mkdir(links);
  const depth = (file: string): number => file.split('/').length;
  const seen = new Set<string>();
  for (const file of libraries.sort((a, b) => depth(a) - depth(b))) {
    const name = basename(file);
    if (seen.has(name)) continue;
    seen.add(name);
    await symlink(join('..', file), join(links, name));
  }
}

/** Fonts, and the configuration that says where they are, are found from the root only: say where these are. */
async function writeFontConfiguration(folder: string): Promise<void> {
  if (!existsSync(join(folder, 'etc', 'fonts')) && !existsSync(join(folder, 'usr', 'share', 'fonts'))) return;
  await writeFile(
    join(folder, 'fonts.conf'),
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`,
  );
}

/** A folder that is there already was put there whole by another process and stands. */
export async function moveIntoPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}
