/** Uses up the file descriptors of this process, and then prints which process metrics there are. */
import { closeSync, openSync } from 'node:fs';
import { ProcessMetrics } from '../../src/metrics/process-metrics.ts';

using metrics = new ProcessMetrics();
const open: number[] = [];
try {
  for (;;) open.push(openSync('/dev/null', 'r'));
} catch {
  // None is left.
}
const names = metrics.collect().map(({ family }) => family);
for (const descriptor of open) closeSync(descriptor);
process.stdout.write(JSON.stringify(names));
