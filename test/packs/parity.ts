/** Runs the packs beside Debian 12's mysqld_exporter and postgres_exporter, on the same servers. */
import assert from 'node:assert/strict';
import { ConfigFolder, startProgram } from '../end-to-end/program.ts';
import { describeDashboards } from './dashboards-suite.ts';
import { describeParity, type Running } from './parity-suite.ts';

describeParity(start);
describeDashboards(start);

async function start(configuration: string): Promise<Running> {
  const folder = await ConfigFolder.create(configuration);
  const program = await startProgram(folder);
  await program.untilReady();
  for (const { query, rejected_samples: rejected, failures } of await program.tasks()) {
    assert.deepEqual({ query, rejected, failures }, { query, rejected: {}, failures: {} });
  }
  return {
    address: new URL(program.url).host,
    [Symbol.asyncDispose]: async () => {
      await program[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
