/**
 * Runs the bundle of a thread: `main.js` is the code in `main.code.js`, compiled already where `main.code.cache` is of this
 * Node.js. V8 refuses a cache of another one, and compiles.
 */
'use strict';
const { readFileSync } = require('node:fs');
const { pathToFileURL } = require('node:url');
const { Script } = require('node:vm');

module.exports = (entry) => {
  const filename = entry.filename.replace(/\.js$/, '.code.js');
  // It is written in ASCII; V8 keeps such a text as it is, in a byte a character.
  const source = readFileSync(filename, 'latin1');
  const script = new Script(source, { filename, cachedData: readCache(filename) });
  const run = script.runInThisContext();
  run(entry.exports, entry.require.bind(entry), entry, entry.filename, entry.path, pathToFileURL(entry.filename).href);
};

function readCache(filename) {
  try {
    return readFileSync(filename.replace(/\.js$/, '.cache'));
  } catch {
    return undefined;
  }
}
