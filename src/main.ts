#!/usr/bin/env node
import { tooFewDescriptors } from './commands/few-descriptors.ts';

const problem = tooFewDescriptors();
if (problem === null) {
  void import('./commands/run.ts')
    .then(({ run }) => run(process.argv.slice(2), process))
    .then((status) => process.exit(status));
} else {
  process.stderr.write(`query-exporter: ${problem}\n`);
  process.exitCode = 1;
}
