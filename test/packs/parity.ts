/** Runs the packs beside Debian 12's mysqld_exporter and postgres_exporter, on the same servers. */
import { ConfigFolder, startProgram } from '../end-to-end/program.ts';
import { describeDashboards } from './dashboards-suite.ts';
import { describeParity, type Running } from './parity-suite.ts';

describeParity(start);
describeDashboards(start);

async function start(configuration: string): Promise<Running> {
  const folder = await ConfigFolder.create(configuration);
  const program = await startProgram(folder);
  await program.untilReady();
  return {
    address: new URL(program.url).host,
    [Symbol.asyncDispose]: async () => {
      await program[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
