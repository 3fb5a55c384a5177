import { createHash } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { moveIntoPlace } from './apt.ts';
import { run } from './processes.ts';
import { type Tool, toolFolder } from './tools.ts';

/** The server refuses to run as root; then it runs as nobody. Null: as the user of this process. */
export const POSTGRES_OWNER: number | null = process.getuid?.() === 0 ? 65_534 : null;

const INITDB = ['--username=postgres', '--encoding=UTF8', '--locale=C', '--no-sync', '--auth=trust'];

const USERS = `CREATE ROLE test LOGIN PASSWORD 'test123';\n`;

/**
 * A data folder to copy, made once for each server binary: the superuser postgres without a password and the user test
 * with the password test123.
 */
export async function postgresData(server: Tool): Promise<string> {
  const { size, mtimeMs } = statSync(server.path);
  const key = createHash('sha256')
    .update(JSON.stringify([server.path, size, mtimeMs, process.getuid?.(), INITDB, USERS]))
    .digest('hex');
  const folder = join(toolFolder(), `postgres-data-${key.slice(0, 12)}`);
  if (!existsSync(folder)) await bootstrap(server, folder);
  return folder;
}

async function bootstrap(server: Tool, folder: string): Promise<void> {
  await mkdir(toolFolder(), { recursive: true });
  // Whoever the server runs as may not come into our folders, so it works elsewhere.
  const work = await mkdtemp(join(tmpdir(), 'qe-initdb-'));
  const aside = await mkdtemp(join(toolFolder(), '.data-'));
  try {
    await giveToServer(work);
    const data = join(work, 'data');
    const options = { env: server.env, owner: POSTGRES_OWNER };
    await must('initdb', run(join(binaries(server), 'initdb'), [...INITDB, '-D', data], options));
    const single = ['--single', '-D', data, '-c', 'fsync=off', 'postgres'];
    await must('postgres', run(server.path, single, { ...options, input: USERS }));
    await must('cp', run('cp', ['-a', data, join(aside, 'data')]));
    await moveIntoPlace(join(aside, 'data'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(aside, { recursive: true, force: true });
  }
}

export async function giveToServer(path: string): Promise<void> {
  if (POSTGRES_OWNER !== null) await chown(path, POSTGRES_OWNER, POSTGRES_OWNER);
}

/** Where `initdb` and the others lie. */
export function binaries(server: Tool): string {
  return dirname(realpathSync(server.path));
}

async function must(name: string, work: ReturnType<typeof run>): Promise<void> {
  const { ok, output } = await work;
  if (!ok) throw new Error(`${name} cannot make a data folder:\n${output}`);
}
