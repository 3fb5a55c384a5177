import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Env } from '../../src/config/files.ts';
import { ConfigError, type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import type { Target, Task } from '../../src/model/plan.ts';

/** The root of the repository, wherever the build stands below it. */
export function repositoryRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package-lock.json'))) folder = dirname(folder);
  return folder;
}

/** A folder of configuration files that is gone when the test is over. */
export class ConfigFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'config-'));

  /** Readable by its owner and group alone, so that passwords draw no warning unless a test wants one. */
  write(name: string, content: string | Uint8Array, mode = 0o640): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  }

  load(content: string | Uint8Array, options: LoadOptions = {}): LoadedConfig {
    return this.loadPaths([this.write('config.yml', content)], options);
  }

  loadPaths(paths: readonly string[], { env = {} }: LoadOptions = {}): LoadedConfig {
    return loadConfig({ paths, env }, { revision: 1, nowMs: 0 });
  }

  /** The problems of a configuration, without the path of the folder. */
  problemsOf(content: string | Uint8Array, options: LoadOptions = {}): readonly string[] {
    return this.problemsOfPaths([this.write('config.yml', content)], options);
  }

  problemsOfPaths(paths: readonly string[], options: LoadOptions = {}): readonly string[] {
    try {
      this.loadPaths(paths, options);
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.problems.map((line) => line.replaceAll(`${this.path}/`, ''));
      throw error;
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

export interface LoadOptions {
  readonly env?: Env;
}

/** A configuration with one target and one query, to which a test adds what it is about. */
export function withTarget(fields: string): string {
  return `targets:\n  t: ${fields}\nmetrics:\n  m: {query: select 1 v, type: gauge, value: v}\n`;
}

export function withQuery(fields: string): string {
  return `dsn: u@tcp(h)/d\nmetrics:\n  m: {query: select 1 v, type: gauge, value: v, ${fields}}\n`;
}

export function onlyTarget({ plan }: LoadedConfig): Target {
  const [target] = plan.targets;
  if (target === undefined || plan.targets.length > 1) throw new Error('expected one target');
  return target;
}

export function onlyTask({ plan }: LoadedConfig): Task {
  const [task] = plan.tasks;
  if (task === undefined || plan.tasks.length > 1) throw new Error('expected one task');
  return task;
}
