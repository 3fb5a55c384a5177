import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fetchPackages } from './apt.ts';
import { installation } from './mariadb-data.ts';
import { requireTool, ToolMissing, toolFolder } from './tools.ts';

const FOLDER = join('lib', 'mysql', 'plugin');
/** The server alone, which tests start, comes without them. */
const PACKAGE = 'mariadb-server';

/** The folder with a plugin of MariaDB, for `--plugin-dir`. Rejects with `ToolMissing`. */
export async function mariadbPlugins(plugin: string): Promise<string> {
  const folders = [
    join(installation(await requireTool('mariadbd')), FOLDER),
    join('/usr', FOLDER),
    join(toolFolder(), PACKAGE, 'usr', FOLDER),
  ];
  const find = (): string | undefined => folders.find((folder) => existsSync(join(folder, `${plugin}.so`)));
  if (find() === undefined) {
    try {
      await fetchPackages([PACKAGE], toolFolder(), { withDependencies: false });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      throw new ToolMissing(`${plugin}: ${problem}; install ${PACKAGE}`, { cause: error });
    }
  }
  const folder = find();
  if (folder === undefined) throw new ToolMissing(`${plugin}: it is not in the package ${PACKAGE}`);
  return folder;
}
