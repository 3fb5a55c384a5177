import { mariadbData } from './mariadb-data.ts';
import { postgresData } from './postgres-data.ts';
import { checkedVersion, requireTools, type ToolName } from './tools.ts';

/** Makes the tools of the tests ready, those of every test and those named: `prepare.js chromium`. */
async function prepare(named: readonly string[]): Promise<number> {
  const unknown = named.find((name) => name !== 'chromium');
  if (unknown !== undefined) {
    process.stderr.write(`prepare: unknown tool "${unknown}"; the only one to name is chromium\n`);
    return 2;
  }
  const names: ToolName[] = ['mariadbd', 'postgres', 'redis-server', 'prometheus', 'promtool', 'openssl'];
  if (named.length > 0) names.push('chromium');
  try {
    for (const tool of await requireTools(names)) {
      process.stdout.write(`${tool.name} ${await checkedVersion(tool)} (${tool.path})\n`);
      if (tool.name === 'mariadbd') await mariadbData(tool);
      if (tool.name === 'postgres') await postgresData(tool);
    }
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

process.exitCode = await prepare(process.argv.slice(2));
