import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A script that a thread or a process of the program begins with. */
export interface Script {
  /** In the bundle, without an ending. */
  readonly name: string;
  /** From the top folder of the sources. */
  readonly path: string;
}

/** `main.ts`, and what knip.json names of `src` because nothing imports it. */
export function readScripts(top: string): readonly Script[] {
  const { entry } = JSON.parse(readFileSync(join(top, 'knip.json'), 'utf8')) as { entry: string[] };
  const paths = ['src/main.ts', ...entry.filter((path) => path.startsWith('src/'))];
  return paths.map((path) => ({ name: basename(path, '.ts'), path }));
}
