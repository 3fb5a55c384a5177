import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The top folder; the build may stand in any folder below it. */
export const repository = findRepository(import.meta.dirname);

/** A fenced block of a Markdown file. */
export interface Block {
  /** `docs/migration.md:12`, the line of the opening fence. */
  readonly place: string;
  /** What stands after the fence: the language, and for whom the block is. */
  readonly info: string;
  readonly text: string;
}

/** A file of the repository, by its path from the top. */
export function readDocument(path: string): string {
  return readFileSync(join(repository, path), 'utf8');
}

/** The pages that people read: README.md and docs/. */
export function documents(): readonly string[] {
  const pages = readdirSync(join(repository, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...pages.sort().map((name) => `docs/${name}`)];
}

export function blocksOf(path: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { readonly line: number; readonly fence: string; readonly info: string; readonly lines: string[] } | null =
    null;
  for (const [index, line] of readDocument(path).split('\n').entries()) {
    const [, fence = '', info = ''] = /^ *(`{3,})\s*(.*?)\s*$/.exec(line) ?? [];
    if (open === null) {
      if (fence !== '') open = { line: index + 1, fence, info, lines: [] };
    } else if (fence === open.fence && info === '') {
      blocks.push({ place: `${path}:${open.line}`, info: open.info, text: `${open.lines.join('\n')}\n` });
      open = null;
    } else {
      open.lines.push(line);
    }
  }
  if (open !== null) throw new Error(`${path}:${open.line}: the block is not closed`);
  return blocks;
}

function findRepository(start: string): string {
  let folder = start;
  while (!existsSync(join(folder, 'tsconfig.json'))) {
    if (folder === dirname(folder)) throw new Error(`no tsconfig.json above ${start}`);
    folder = dirname(folder);
  }
  return folder;
}
