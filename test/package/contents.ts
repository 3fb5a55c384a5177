/** What the artefacts hold: `npm run test:package`. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { run } from '../support/processes.ts';
import { repositoryRoot } from '../support/tools.ts';
import { ARTEFACTS, artefact, command, type Kind, packagingTo } from './artefacts.ts';
import { unpackImage } from './image-files.ts';

const DOC = 'usr/share/doc/query-exporter';
/** Where each artefact has its pages, below the folder that it is unpacked to. */
const PAGES: Readonly<Record<Kind, string>> = { deb: DOC, rpm: DOC, tarball: '*', image: DOC };

const work = mkdtempSync(join(tmpdir(), 'query-exporter-contents-'));
after(() => rmSync(work, { recursive: true }));

before(async () => {
  for (const kind of ['deb', 'rpm', 'tarball', 'image'] as const) mkdirSync(join(work, kind));
  await command('dpkg-deb', '--extract', artefact('deb'), join(work, 'deb'));
  await command(
    'sh',
    '-ec',
    `rpm2cpio "$1" | (cd "$2" && cpio -idm --quiet)`,
    'sh',
    artefact('rpm'),
    join(work, 'rpm'),
  );
  await command('tar', '-xzf', artefact('tarball'), '-C', join(work, 'tarball'));
  await unpackImage(artefact('image'), join(work, 'image'));
});

describe('the Debian package', () => {
  test('holds 60 files and 40 MB at most', async () => {
    const entries = (await command('dpkg-deb', '--contents', artefact('deb'))).trimEnd().split('\n');
    const files = entries.filter((line) => !line.startsWith('d'));
    assert.ok(files.length > 30 && files.length <= 60, `${files.length} files`);
    assert.ok(statSync(artefact('deb')).size <= 40e6, `${statSync(artefact('deb')).size} bytes`);
  });

  test('lintian finds no error, no warning and no override without a finding; each override has its reason', async () => {
    const { output } = await run('lintian', ['--display-info', artefact('deb')]);
    assert.deepEqual(
      output.split('\n').filter((line) => /^[EW]: |(?:unused|mismatched|malformed)-override/.test(line)),
      [],
    );
    const overrides = readFileSync(join(repositoryRoot(), 'packaging/deb/lintian-overrides'), 'utf8').split('\n');
    for (const [index, line] of overrides.entries()) {
      if (line.startsWith('query-exporter:')) assert.match(overrides[index - 1] ?? '', /^(?:# |query-exporter:)/);
    }
  });
});

test('the rpm requires the C and C++ libraries and a shell for its scripts, and nothing else', async () => {
  const requires = (await command('rpm', '-qpR', artefact('rpm'))).trimEnd().split('\n');
  const known =
    /^(?:(?:libc|libm|libdl|libpthread|libgcc_s|libstdc\+\+|ld-linux-[\w-]+)\.so\.\d\(|rtld\(|rpmlib\(|\/bin\/sh$|config\()/;
  assert.deepEqual(
    requires.filter((line) => !known.test(line)),
    [],
  );
  const newest = Math.max(...requires.map((line) => Number(/GLIBC_2\.(\d+)/.exec(line)?.[1] ?? 0)));
  assert.equal(newest, 29, 'docs/installation.md and packaging/deb/control name the glibc');
});

test('the image holds 125 MB at most beside its base, and 50 MB compressed', async () => {
  const bytes = Number((await command('du', '--bytes', '--summarize', join(work, 'image/usr'))).split('\t')[0]);
  assert.ok(bytes <= 125e6, `${bytes} bytes`);
  assert.ok(statSync(artefact('image')).size <= 50e6, `${statSync(artefact('image')).size} bytes compressed`);
});

for (const kind of ['deb', 'rpm', 'tarball', 'image'] as const) {
  test(`the ${kind} says what is inside, and whose it is`, async () => {
    const [folder = ''] = (await command('sh', '-c', `echo ${join(work, kind)}/${PAGES[kind]}`)).trim().split('\n');
    const sbom = JSON.parse(readFileSync(join(folder, 'sbom.cdx.json'), 'utf8')) as {
      readonly bomFormat: string;
      readonly components: readonly { readonly name: string; readonly version: string; readonly licenses: unknown[] }[];
    };
    assert.equal(sbom.bomFormat, 'CycloneDX');
    for (const { name, licenses } of sbom.components) assert.ok(licenses.length > 0, name);
    const listed = new Set(sbom.components.map(({ name, version }) => `${name} ${version}`));

    const notices = readFileSync(join(folder, 'THIRD-PARTY-NOTICES'), 'utf8');
    const shown = [...notices.matchAll(/^-{80}\n(.+) \(.+\)\n/gm)].map(([, name = '']) => name);
    assert.ok(shown.length > 80, `${shown.length} packages`);
    for (const name of shown) assert.ok(listed.has(name), `${name} is not in the bill of materials`);
    for (const name of ['express', 'mysql2', 'pg-protocol', 'zod', 'yaml']) {
      assert.ok(
        shown.some((one) => one.startsWith(`${name} `)),
        name,
      );
    }
    const [, node = ''] = /^-{80}\nNode\.js v(\S+)\n/m.exec(notices) ?? [];
    assert.ok(listed.has(`node ${node}`), node);
    assert.match(notices, /OpenSSL/);
  });
}

test('the checksums are those of the artefacts', async () => {
  await command('sh', '-ec', `cd ${ARTEFACTS} && sha256sum --check --strict --quiet sha256sums.txt`);
  const names = readFileSync(join(ARTEFACTS, 'sha256sums.txt'), 'utf8').match(/\S+$/gm);
  assert.deepEqual(
    names,
    readdirSync(ARTEFACTS)
      .filter((name) => /\.(?:deb|rpm|tar\.gz)$/.test(name))
      .sort(),
  );
});

test('another build of the same files gives the same bytes, but for the code cache', async () => {
  const bundle = join(repositoryRoot(), 'build/bundle');
  const first = join(work, 'bundle');
  renameSync(bundle, first);
  const node = (await command(join(repositoryRoot(), 'packaging/node/fetch.sh'))).trim();
  await command('npm', '--prefix', repositoryRoot(), 'run', '--silent', 'bundle', '--', '--node', node);
  const { output } = await run('diff', ['--recursive', '--brief', first, bundle]);
  const different = output.split('\n').filter((line) => line !== '');
  assert.deepEqual(
    different.filter((line) => !/\.code\.cache differ$/.test(line)),
    [],
  );
  // V8 puts what it compiled in an order of its own.
  rmSync(bundle, { recursive: true });
  renameSync(first, bundle);
  const again = join(work, 'again');
  mkdirSync(again);
  await packagingTo(again, 'tree.sh');
  for (const kind of ['deb', 'rpm', 'tarball', 'image']) await packagingTo(again, `${kind}/build.sh`);
  const sums = (folder: string) => readFileSync(join(folder, 'sha256sums.txt'), 'utf8');
  assert.equal(sums(again), sums(ARTEFACTS));
});
