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

/** Copies a cell that needs neither escaping nor a look at its UTF-8, and returns where it ends; -1 if it needs one. */
export function copyPlain(from: Uint8Array, to: Uint8Array, start: number): number {
  for (let i = 0; i < from.length; i++) {
    const byte = from[i] as number;
    if (byte >= 0x80 || byte === QUOTE || byte === BACKSLASH || byte === NEWLINE) return -1;
    to[start + i] = byte;
  }
  return start + from.length;
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
