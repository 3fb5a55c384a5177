import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFolder, removeFolder } from '../../test/support/daemon.ts';
import { type RunResult, run } from '../../test/support/processes.ts';

const TOP = fileURLToPath(new URL('../../../', import.meta.url));

/** Another state of this program, to compare with. */
export interface Earlier extends AsyncDisposable {
  /** Its first script. */
  readonly main: string;
}

/**
 * `before`: the folder of a checkout that is built, or a commit, which is checked out beside this one, and built with the
 * packages of this one.
 */
export async function openEarlier(before: string): Promise<Earlier> {
  const built = join(before, 'dist/src/main.js');
  if (existsSync(built)) return { main: built, [Symbol.asyncDispose]: async () => undefined };
  const folder = await createFolder('bench-before');
  const checkout = join(folder, 'checkout');
  const dispose = async (): Promise<void> => {
    await run('git', ['worktree', 'remove', '--force', checkout], { cwd: TOP });
    await removeFolder(folder);
  };
  try {
    ensure(await run('git', ['worktree', 'add', '--detach', checkout, before], { cwd: TOP }));
    symlinkSync(join(TOP, 'node_modules'), join(checkout, 'node_modules'));
    ensure(await run('npm', ['run', '--silent', 'build'], { cwd: checkout }));
    return { main: join(checkout, 'dist/src/main.js'), [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function ensure({ ok, output }: RunResult): void {
  if (!ok) throw new Error(output);
}
