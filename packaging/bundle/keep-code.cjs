/**
 * Loaded before the bundle, in each of its threads: writes the code cache of the thread when main is told to by SIGUSR2.
 * What was compiled by then is in it.
 */
'use strict';
const { renameSync, writeFileSync } = require('node:fs');
const v8 = require('node:v8');
const vm = require('node:vm');
const { BroadcastChannel, isMainThread } = require('node:worker_threads');

// A cache is refused where V8's flags are not those under which it was made.
v8.setFlagsFromString = () => undefined;

const scripts = [];
vm.Script = class extends vm.Script {
  constructor(source, options) {
    // Otherwise what an older cache holds would be all that is kept.
    super(source, { ...options, cachedData: undefined });
    if (options?.filename?.endsWith('.code.js')) scripts.push({ filename: options.filename, script: this });
  }
};

const channel = new BroadcastChannel('keep code');
channel.onmessage = keep;
channel.unref();
if (isMainThread) {
  process.on('SIGUSR2', () => {
    channel.postMessage(null);
    keep();
  });
}

function keep() {
  for (const { filename, script } of scripts) {
    const cache = filename.replace(/\.js$/, '.cache');
    // Whoever waits for the file finds it whole.
    writeFileSync(`${cache}.new`, script.createCachedData());
    renameSync(`${cache}.new`, cache);
  }
}
