/**
 * Writes what packages and images ship in place of `dist` and `node_modules`: `npm run bundle [-- FOLDER] [--node NODE]`,
 * into `build/bundle` by default. It is made for this platform. The code cache is made by NODE, which must be the one that
 * will run it; any other Node.js runs it as well, but starts slower.
 *
 *     dist/src/main.js                  the program, as in the npm package
 *     dist/src/NAME.js                  the script of a thread or process, which loads its code
 *     dist/src/NAME.code.js             that code, with every package that it uses
 *     dist/src/NAME.code.js.map         which source its lines come from
 *     dist/src/NAME.code.cache          V8's code cache of it, of the threads that every start waits for
 *     dist/src/load.cjs                 the loader
 *     dist/prebuilds/PLATFORM/*.node    SQLite
 *     packs/  config.schema.json  package.json  build.json  LICENSE
 *     THIRD-PARTY-NOTICES               the licenses of the packages inside
 */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeCodeCache } from './code-cache.ts';
import { writeBundle } from './write-bundle.ts';

const TOP = fileURLToPath(new URL('../../../', import.meta.url));

const { values, positionals } = parseArgs({
  options: { node: { type: 'string', default: process.execPath } },
  allowPositionals: true,
});
const folder = resolve(positionals[0] ?? join(TOP, 'build/bundle'));
await writeBundle(TOP, folder);
await writeCodeCache(folder, join(TOP, 'packaging/bundle/keep-code.cjs'), values.node);
process.stdout.write(`${folder}\n`);
