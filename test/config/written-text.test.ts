import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineCounter } from 'yaml';
import { Findings } from '../../src/config/findings.ts';
import { nodeAt } from '../../src/config/tree.ts';
import { readYaml } from '../../src/config/yaml-reader.ts';

/** The lines of the text under `a`, each with what stands in the file where it is said to begin. */
function writtenLines(yaml: string) {
  const file = { name: 'f', absolutePath: '/f', order: 0, mode: 0, lines: new LineCounter() };
  const tree = readYaml(file, yaml, new Findings());
  const node = tree && nodeAt(tree, ['a']);
  assert.equal(node?.kind, 'scalar');
  if (node.kind !== 'scalar' || node.written === null) return null;
  const { lines, behind } = node.written;
  return {
    lines: lines.map(({ text }) => text),
    at: lines.map(({ offset }) => yaml.slice(offset, offset + 2)),
    behind,
  };
}

const CASES: Readonly<Record<string, readonly [string, ReturnType<typeof writtenLines>]>> = {
  'a text on one line stands as it is': ['a: x y\n', null],
  'a block with | stands as it is': ['a: |\n  x # y\n  z\n', null],
  'a folded block': [
    'a: >- # why\n  x1\n  x2\n\n  y1\n   y2\n',
    { lines: ['x1', 'x2', '', 'y1', '', ' y2'], at: ['x1', 'x2', 'y1', 'y1', 'y2', 'y2'], behind: null },
  ],
  'a folded block with line breaks of Windows': [
    'a: >\r\n  x1\r\n  x2\r\n',
    { lines: ['x1', 'x2'], at: ['x1', 'x2'], behind: null },
  ],
  'a text without quotes, and what stands behind it': [
    'a: x1\n  x2\n\n  y1 # why\nb: c\n',
    { lines: ['x1', 'x2', '', 'y1'], at: ['x1', 'x2', 'y1', 'y1'], behind: ' why' },
  ],
  'a comment below a text is not behind it': ['a: x1\n# why\nb: c\n', null],
  'a text in brackets': ['{a: x1 # why\n, b: c}\n', { lines: ['x1'], at: ['x1'], behind: ' why' }],
  'single quotes': ["a: 'x''1\n  x2'\n", { lines: ["x'1", 'x2'], at: ["'x", 'x2'], behind: null }],
  'double quotes, with escapes': [
    'a: "x1\\\\\n  x2\\\n  x3\\n\n  x4"\n',
    { lines: ['x1\\', 'x2', 'x3\n', 'x4'], at: ['"x', 'x2', 'x3', 'x4'], behind: null },
  ],
};

for (const [name, [yaml, expected]] of Object.entries(CASES)) {
  test(`lines as they are written: ${name}`, () => assert.deepEqual(writtenLines(yaml), expected));
}
