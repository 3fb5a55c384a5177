import { once } from 'node:events';
import type { Socket } from 'node:net';

/** A greeting is about a hundred bytes; an error in its place is shorter than this, too. */
const MAX_GREETING_BYTES = 4_096;
const HEADER_BYTES = 4;
const PROTOCOL_10 = 10;
const ERROR = 0xff;

/**
 * Waits until the server greets. The greeting is left in the socket, and looked at before anybody parses it: whatever else
 * may listen on a port says anything.
 */
export async function greeting(socket: Socket, place: string, signal: AbortSignal): Promise<void> {
  let seen = Buffer.alloc(0);
  while (!isWholePacket(seen)) {
    // An end of the stream counts as readable, too; then there is nothing to read.
    if (socket.readableLength === 0) await once(socket, 'readable', { signal });
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) throw new Error(`${place} closed the connection before it greeted`);
    seen = Buffer.concat([seen, chunk]);
    if (!mayBeGreeting(seen)) throw new Error(`what listens on ${place} does not speak the MySQL protocol`);
  }
  socket.unshift(seen);
}

function mayBeGreeting(bytes: Buffer): boolean {
  if (bytes.length <= HEADER_BYTES) return true;
  const kind = bytes[HEADER_BYTES];
  return bytes.readUIntLE(0, 3) <= MAX_GREETING_BYTES && bytes[3] === 0 && (kind === PROTOCOL_10 || kind === ERROR);
}

function isWholePacket(bytes: Buffer): boolean {
  return bytes.length > HEADER_BYTES && bytes.length >= HEADER_BYTES + bytes.readUIntLE(0, 3);
}
