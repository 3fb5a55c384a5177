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
const SHIPPED = ['LICENSE', 'config.schema.json', 'packs'];

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
  const { metafile } = await build({
    absWorkingDir: top,
    // Not as the entry itself, whose first line would make a program of it.
    stdin: { contents: `import './${path}';`, resolveDir: top },
    outfile: join(folder, `${name}.code.js`),
    bundle: true,
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
  const entry = join(folder, `${name}.js`);
  const first = name === 'main' ? '#!/usr/bin/env node\n' : '';
  writeFileSync(entry, `${first}require('./load.cjs')(module);\n`);
  if (name === 'main') chmodSync(entry, 0o755);
  return Object.keys(metafile.inputs);
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
