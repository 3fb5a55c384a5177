import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineCounter } from 'yaml';
import { Findings } from '../../src/config/findings.ts';
import { readYaml } from '../../src/config/yaml-reader.ts';

function linesOf(yaml: string): readonly string[] | undefined {
  const file = { name: 'a.yml', absolutePath: '/a.yml', order: 0, mode: 0o600, lines: new LineCounter() };
  const findings = new Findings();
  const root = readYaml(file, yaml, findings);
  assert.deepEqual(findings.toLines(), []);
  const value = root?.kind === 'mapping' ? root.entries.get('sql')?.value : undefined;
  assert.equal(value?.kind, 'scalar');
  return value?.kind === 'scalar' ? value.foldedLines : undefined;
}

const CASES: readonly (readonly [string, string, readonly string[] | undefined])[] = [
  ['a plain text', 'sql: select a -- b\n  from t\n', ['select a -- b', '  from t']],
  ['a text in single quotes', "sql: 'select ''a''\n\n  from t'\n", ["select 'a'", '', '  from t']],
  ['a text in double quotes', 'sql: "select \\"a\\",\\\n  b\\nfrom t"\n', ['select "a",', '  b\nfrom t']],
  ['a folded block', 'sql: >\n  select a -- b\n  from t\n', ['  select a -- b', '  from t', '']],
  [
    'a folded block with lines that are indented further',
    'sql: >-\n  select a -- b\n    , c\n  from t\n',
    ['  select a -- b', '', '    , c', '', '  from t', ''],
  ],
  ['a literal block, where nothing is folded', 'sql: |\n  select a -- b\n  from t\n', undefined],
  ['a text of one line', 'sql: select a -- b\n', undefined],
];

for (const [name, yaml, expected] of CASES) {
  test(`the lines of ${name}`, () => assert.deepEqual(linesOf(yaml), expected));
}
