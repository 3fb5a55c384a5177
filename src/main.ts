#!/usr/bin/env node
import { tooFewDescriptors } from './commands/few-descriptors.ts';

const problem = tooFewDescriptors();
if (problem === null) {
  const { run } = await import('./commands/run.ts');
  process.exit(await run(process.argv.slice(2), process));
}
process.stderr.write(`query-exporter: ${problem}\n`);
process.exitCode = 1;
