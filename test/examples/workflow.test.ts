import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { readDocument } from '../docs/documents.ts';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}

const { jobs } = parse(readDocument('.github/workflows/ci.yml')) as {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
};
const { scripts } = JSON.parse(readDocument('package.json')) as { readonly scripts: Readonly<Record<string, string>> };

test('the jobs of the workflow do what anybody can do: they run scripts of package.json', () => {
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  const commands = steps.flatMap(({ name, run }) =>
    run === undefined || name?.startsWith('set up') || name === 'publish' ? [] : [run],
  );
  assert.ok(commands.length > 5);
  for (const command of commands) {
    const [, script = ''] = /^npm (?:run )?([\w:]+)$/.exec(command) ?? [];
    assert.ok(script === 'ci' || script in scripts, command);
  }
});
