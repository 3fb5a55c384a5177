import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError, loadConfig } from '../../src/config/load.ts';
import { repositoryRoot } from './files.ts';

const folder = join(repositoryRoot(), 'test', 'config', 'invalid');
// Stands in the files, and behind a variable that some of them use.
const PASSWORD = 'hunter2';

/**
 * Each file begins with `# expect:` and the problem, once for each, in order. `$FILE` is the file's name and `$DIR` its
 * folder.
 */
for (const name of readdirSync(folder).filter((file) => file.endsWith('.yml'))) {
  test(`${name} is refused with every problem and its place`, () => {
    const path = join(folder, name);
    const expected = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('# expect: '))
      .map((line) => line.slice('# expect: '.length));
    const problems = problemsOf(path).map((line) =>
      line
        .slice(path.length + 1)
        .replaceAll(path, '$FILE')
        .replaceAll(folder, '$DIR'),
    );
    assert.deepEqual(
      problems.map((line) => line.trim()),
      expected,
    );
    assert.ok(!problems.join('\n').includes(PASSWORD), 'a password was printed');
    assert.equal(Object.keys(Object.prototype).length, 0);
  });
}

function problemsOf(path: string): readonly string[] {
  try {
    loadConfig({ paths: [path], env: { SECRET: PASSWORD } }, { revision: 1, nowMs: 0 });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
