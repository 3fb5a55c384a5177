import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StartError, toStartError } from '../../src/commands/start-error.ts';
import { serve } from '../web/fixtures.ts';

/** Of the documentation: no machine has it. */
const NOWHERE = { kind: 'tcp', host: '192.0.2.1', port: 9105 } as const;

test('an address that another machine has is named, in one line', async () => {
  const error = await serve({}, NOWHERE).then(
    () => assert.fail(),
    (reason: unknown) => toStartError(reason, NOWHERE),
  );
  assert.ok(error instanceof StartError);
  assert.equal(error.message, 'cannot listen on 192.0.2.1:9105: no such address on this machine (EADDRNOTAVAIL)');
});

test('what keeps a server from listening is told by its code, and a fault of ours keeps its stack', () => {
  const listen = { kind: 'tcp', host: '::1', port: 9105 } as const;
  for (const code of ['EACCES', 'EAFNOSUPPORT', 'ENOTFOUND', 'EAI_AGAIN']) {
    const { message } = toStartError(Object.assign(new Error('listen'), { code }), listen) as StartError;
    assert.match(message, new RegExp(`^cannot listen on \\[::1]:9105: [a-z ]+ \\(${code}\\)$`));
  }
  const fault = new TypeError('of ours');
  assert.equal(toStartError(fault, listen), fault);
});
