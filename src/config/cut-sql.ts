import { isSqlBehind, swallowedComment } from '../language/sql-comments.ts';
import { anyOf } from '../language/values.ts';
import type { Target } from '../model/plan.ts';
import type { Engine } from '../sql/engine.ts';
import { engineNamed } from '../sql/engines.ts';
import type { ConfigDocument } from './document.ts';
import type { Path } from './path.ts';

export function enginesOf(targets: readonly Target[]): Engine[] {
  return Array.from(new Set(targets.map(({ engine }) => engine)), engineNamed);
}

/**
 * YAML joins the lines of a text that is no block with `|`, and takes ` #` in one without quotes for a comment of its own.
 * Says where, by the comments of one of the engines, that leaves another statement than the one that was written.
 */
export function refuseCutSql(path: Path, engines: readonly Engine[], document: ConfigDocument): void {
  const node = document.nodeAt(path);
  if (node?.kind !== 'scalar' || node.written === null) return;
  const key = path.findLast((step) => typeof step === 'string');
  const remedy = `use a block, "${typeof path.at(-1) === 'number' ? '-' : `${key}:`} |"`;
  const { lines, behind } = node.written;
  const texts = lines.map(({ text }) => text);
  const first = lines[0];
  for (const { name, lineComments } of engines) {
    const cut = swallowedComment(texts, lineComments);
    const line = cut === null ? undefined : lines[cut];
    if (line === undefined) continue;
    const place = { file: node.place.file, offset: line.offset };
    const text = `for ${name} the comment in this line swallows those below, which YAML joins with it: ${remedy}`;
    document.problems.add(place, document.packed.writtenPath(path), text);
    return;
  }
  const wronged = engines.filter(({ lineComments }) => behind !== null && isSqlBehind(texts, behind, lineComments));
  if (first === undefined || wronged.length === 0) return;
  const names = anyOf(wronged.map(({ name }) => name));
  document.refuse(path, `YAML takes what follows " #" for a comment, which it is not for ${names}: ${remedy}`);
}
