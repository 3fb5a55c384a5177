import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { sendBody } from '../../src/web/send-body.ts';
import { toBody } from './fixtures.ts';

test('a client is given the buffers of the page themselves, a few hundred at a time as long as it does not read', () => {
  const buffers = Array.from({ length: 1_000 }, (_, index) => Buffer.from(`${index}`));
  const client = new SlowClient();
  sendBody(client as unknown as ServerResponse, toBody(...buffers));
  assert.equal(client.written.length, 256);
  while (!client.isEnded) client.emit('drain');
  assert.equal(client.written.length, 1_000);
  assert.ok(client.written.every((buffer, index) => buffer === buffers[index]));
});

/** Takes nothing until it is told that it has room. */
class SlowClient extends EventEmitter {
  readonly socket = null;
  readonly destroyed = false;
  readonly writableNeedDrain = true;
  readonly written: Uint8Array[] = [];
  isEnded = false;

  write(buffer: Uint8Array): void {
    this.written.push(buffer);
  }

  end(): void {
    this.isEnded = true;
  }

  cork(): void {}
  uncork(): void {}
}
