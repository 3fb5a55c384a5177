import { isUtf8 } from 'node:buffer';

/** A byte that is not UTF-8 becomes the three bytes of U+FFFD; escaping only doubles. */
export const MAX_GROWTH = 3;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const LETTER_N = 0x6e;

const encoder = new TextEncoder();
/** A byte-order mark is a character like others here: without it two different labels would become one. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Copies the bytes `[start, end)` if they need neither escaping nor a look at their UTF-8, and returns where they end; -1 if
 * they need one.
 */
export function copyPlain(from: DataView, start: number, end: number, to: DataView, at: number): number {
  if (end - start < 4) return copyShort(from, start, end, to, at);
  const shift = at - start;
  for (let i = start; i < end; i += 4) {
    // The last four once more where fewer are left.
    if (i > end - 4) i = end - 4;
    const word = from.getInt32(i);
    if (!isPlain(word)) return -1;
    to.setInt32(i + shift, word);
  }
  return end + shift;
}

function copyShort(from: DataView, start: number, end: number, to: DataView, at: number): number {
  for (let i = start; i < end; i++) {
    const byte = from.getUint8(i);
    if (!isPlain(byte)) return -1;
    to.setUint8(at + i - start, byte);
  }
  return at + end - start;
}

/**
 * Whether none of four bytes is a quote (0x22), a backslash (0x5c), a newline (0x0a) or beyond ASCII. To 0x7f any other byte
 * than 0 adds up to one with a high bit, and no byte of ASCII carries into the next.
 */
function isPlain(word: number): boolean {
  const others =
    ((word ^ 0x22222222) + 0x7f7f7f7f) & ((word ^ 0x5c5c5c5c) + 0x7f7f7f7f) & ((word ^ 0x0a0a0a0a) + 0x7f7f7f7f);
  return (others & ~word & 0x80808080) === -0x7f7f7f80;
}

/** The way of a cell that `copyPlain` refused. Returns -1 if the label is longer than allowed, as it would be exported. */
export function copyEscaped(cell: Uint8Array, to: Uint8Array, start: number, maxLength: number): number {
  const label = isUtf8(cell) ? cell : encoder.encode(decoder.decode(cell));
  if (label.length > maxLength) return -1;
  let at = start;
  for (let i = 0; i < label.length; i++) {
    const byte = label[i] as number;
    if (byte === QUOTE || byte === BACKSLASH || byte === NEWLINE) to[at++] = BACKSLASH;
    to[at++] = byte === NEWLINE ? LETTER_N : byte;
  }
  return at;
}
