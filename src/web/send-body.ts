import type { ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Body } from '../model/page.ts';

/**
 * A socket refers to the buffers that it is given, so a client that does not read costs no copy of a page. Each of them
 * costs it some bookkeeping, though, and a page may have thousands: only so many are given at a time.
 */
const MAX_BUFFERS_PENDING = 256;

/** Over TLS what is given is encrypted at once, and that is a copy. */
const MAX_BYTES_ENCRYPTED = 256 * 1024;

/** Writes a body that others share and ends the response, whose headers are set. */
export function sendBody(response: ServerResponse, body: Body): void {
  const encrypted = (response.socket as TLSSocket | null)?.encrypted === true;
  const [first] = body.buffers;
  if (body.buffers.length === 1 && !encrypted) response.end(first);
  else if (encrypted) writeFrom(response, cut(body.buffers), 0, MAX_BYTES_ENCRYPTED);
  else writeFrom(response, body.buffers, 0, Number.POSITIVE_INFINITY);
}

function writeFrom(response: ServerResponse, buffers: readonly Uint8Array[], start: number, maxBytes: number): void {
  let index = start;
  response.cork();
  while (index < buffers.length && !response.destroyed) {
    const end = Math.min(index + MAX_BUFFERS_PENDING, buffers.length);
    for (let bytes = 0; index < end && bytes < maxBytes; index += 1) {
      const buffer = buffers[index] as Uint8Array;
      response.write(buffer);
      bytes += buffer.length;
    }
    if (index < buffers.length && response.writableNeedDrain) {
      response.once('drain', () => writeFrom(response, buffers, index, maxBytes));
      response.uncork();
      return;
    }
  }
  response.end();
  response.uncork();
}

function cut(buffers: readonly Uint8Array[]): readonly Uint8Array[] {
  if (buffers.every((buffer) => buffer.length <= MAX_BYTES_ENCRYPTED)) return buffers;
  return buffers.flatMap((buffer) =>
    Array.from({ length: Math.ceil(buffer.length / MAX_BYTES_ENCRYPTED) }, (_, index) =>
      buffer.subarray(index * MAX_BYTES_ENCRYPTED, (index + 1) * MAX_BYTES_ENCRYPTED),
    ),
  );
}
