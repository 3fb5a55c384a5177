import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { readNotices, toText } from './notices.ts';
import { readScripts, type Script } from './scripts.ts';

/** What the loader calls: the function that Node.js puts around a module, with the URL for `import.meta.url` besides. */
const WRAPPER = ['(function (exports, require, module, __filename, __dirname, __url) {', '})'] as const;
/** Beside package.json in a checkout as in the bundle. */
const SHIPPED = ['LICENSE', 'config.schema.json', 'packs', 'docs/troubleshooting.md'];

/** Makes the folder anew from the checkout whose top folder is given. */
export async function writeBundle(top: string, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const code = join(folder, 'dist/src');
  mkdirSync(code, { recursive: true });
  for (const name of SHIPPED) cpSync(join(top, name), join(folder, name), { recursive: true });
  const { name, version, license, engines } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
  writeJson(join(folder, 'package.json'), { name, version, license, engines, type: 'commonjs' });
  writeFileSync(join(folder, 'build.json'), execFileSync(join(top, 'packaging/build-info.sh')));
  copyFileSync(join(top, 'packaging/bundle/load.cjs'), join(code, 'load.cjs'));
  const files = new Set<string>();
  for (const script of readScripts(top)) {
    for (const file of await writeScript(top, code, script)) files.add(file);
  }
  copyPrebuild(top, join(folder, 'dist'));
  writeFileSync(join(folder, 'THIRD-PARTY-NOTICES'), toText(readNotices(top, [...files])));
}

/** Returns the files that went into it. */
async function writeScript(top: string, folder: string, { name, path }: Script): Promise<readonly string[]> {
  const [banner, footer] = WRAPPER;
  const { metafile, outputFiles } = await build({
    absWorkingDir: top,
    // The path of a package tells its name, wherever it really lies.
    preserveSymlinks: true,
    // Not as the entry itself, whose first line would make a program of it.
    stdin: { contents: `import './${path}';`, resolveDir: top },
    // So that the map names sources from the top folder, wherever the bundle comes to lie.
    outfile: join('dist/src', `${name}.code.js`),
    write: false,
    bundle: true,
    external: [...developersPackages(top)],
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    define: { 'import.meta.url': '__url' },
    banner: { js: banner },
    footer: { js: footer },
    charset: 'ascii',
    // Names stay, and lines stay short: this is what stack traces in the log are made of.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 120,
    sourcemap: 'external',
    sourcesContent: false,
    legalComments: 'none',
    metafile: true,
    logLevel: 'error',
  });
  for (const { path: file, contents } of outputFiles) writeFileSync(join(folder, basename(file)), contents);
  const entry = join(folder, `${name}.js`);
  const loading = "require('./load.cjs')(module);\n";
  writeFileSync(entry, name === 'main' ? `#!/usr/bin/env node\n${loading}` : loading);
  if (name === 'main') chmodSync(entry, 0o755);
  return Object.keys(metafile.inputs);
}

/** A package may ask for one that users do not have, and do without it: it is no part of the program for being here. */
function developersPackages(top: string): readonly string[] {
  const { packages } = JSON.parse(readFileSync(join(top, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
  };
  const names = (isForDevelopers: boolean) =>
    Object.entries(packages)
      .filter(([path, { dev, devOptional }]) => path !== '' && (dev ?? devOptional ?? false) === isForDevelopers)
      .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  const users = new Set(names(false));
  return names(true).filter((name) => !users.has(name));
}

/** SQLite for this platform, where its library looks for it. */
function copyPrebuild(top: string, folder: string): void {
  const require = createRequire(join(top, 'package.json'));
  const library = require.resolve('@photostructure/sqlite');
  const prebuild: string = createRequire(library)('node-gyp-build').path(dirname(dirname(library)));
  const target = join(folder, 'prebuilds', basename(dirname(prebuild)));
  mkdirSync(target, { recursive: true });
  copyFileSync(prebuild, join(target, basename(prebuild)));
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
