/**
 * `npm run test:package` begins with it: makes every artefact, in build/test, with the libraries of this machine in place of
 * the image's base. Ends with 1 and one line where a tool is missing.
 */
import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { requireRootAnd } from '../support/needs.ts';
import { repositoryRoot } from '../support/tools.ts';
import { ARTEFACTS, BASE, command, packaging } from './artefacts.ts';

requireRootAnd('test:package', {
  'systemd-nspawn': 'systemd-container',
  debootstrap: 'debootstrap',
  'dpkg-deb': 'dpkg',
  lintian: 'lintian',
  rpmbuild: 'rpm',
  rpm2cpio: 'rpm2cpio',
  cpio: 'cpio',
  buildah: 'buildah',
  strip: 'binutils',
  unshare: 'util-linux',
});

rmSync(ARTEFACTS, { recursive: true, force: true });
mkdirSync(ARTEFACTS, { recursive: true });
await makeBase();
await packaging('build.sh', 'deb', 'rpm', 'tarball', 'image');

/** The libraries that Node.js is linked with: what of the real base matters. */
async function makeBase(): Promise<void> {
  const root = join(ARTEFACTS, 'base');
  const node = (await command(join(repositoryRoot(), 'packaging/node/fetch.sh'))).trim().split('\n').at(-1) ?? '';
  const libraries = (await command('ldd', node)).match(/\/\S+(?= \()/g) ?? [];
  for (const library of libraries) {
    const copy = join(root, library);
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(library, copy);
    chmodSync(copy, 0o755);
  }
  const storage = join(ARTEFACTS, 'storage');
  const buildah = (...args: readonly string[]) =>
    command('buildah', '--root', storage, '--runroot', join(ARTEFACTS, 'run'), '--storage-driver', 'vfs', ...args);
  const container = (await buildah('from', 'scratch')).trim();
  await buildah('copy', '--quiet', container, root, '/');
  await buildah('commit', '--quiet', container, 'base');
  await buildah('push', '--quiet', 'base', `${BASE}:base`);
  // It holds each layer whole.
  for (const folder of [root, storage, join(ARTEFACTS, 'run')]) rmSync(folder, { recursive: true });
}
