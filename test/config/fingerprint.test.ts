import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest, fingerprintTask } from '../../src/config/fingerprint.ts';

test('the prints of a task are joined as those of earlier versions were, whose state files are still good', () => {
  const [query, target] = ['query', 'target'].map((of) => ({ samples: digest(`${of} s`), terms: digest(`${of} t`) }));
  assert.ok(query && target);
  const mapping = digest('mapping');
  for (const label of [null, ['target', 'a "quoted" één'] as const]) {
    assert.deepEqual(fingerprintTask(query, mapping, target, label), {
      samples: digest([query.samples, target.samples, mapping, label]),
      terms: digest([query.terms, target.terms, mapping, label]),
    });
  }
});
