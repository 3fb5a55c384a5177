#!/usr/bin/env node
import { tooFewDescriptors } from './commands/few-descriptors.ts';

// At this signal Node.js would open its debugger, on a port that everybody on the machine can reach.
process.on('SIGUSR1', () => {});

const problem = tooFewDescriptors();
if (problem === null) {
  void import('./commands/run.ts')
    .then(({ run }) => run(process.argv.slice(2), process))
    .then((status) => process.exit(status));
} else {
  process.stderr.write(`query-exporter: ${problem}\n`);
  process.exitCode = 1;
}
