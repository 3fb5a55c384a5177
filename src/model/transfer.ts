import type { Part } from './outcome.ts';

const MIN_TRANSFER_BYTES = 4_096;

/** The memory of parts that is better moved to another thread than copied; small texts are cheaper to copy. */
export function buffersOf(parts: readonly Part[]): readonly ArrayBuffer[] {
  return parts.flatMap((part) => [part.text, part.deflated].flatMap(wholeBuffer));
}

function wholeBuffer(bytes: Uint8Array | null): readonly ArrayBuffer[] {
  if (bytes === null || bytes.length < MIN_TRANSFER_BYTES || !(bytes.buffer instanceof ArrayBuffer)) return [];
  // A view of less than most of its buffer may share it with others, which a transfer would take from them.
  return bytes.byteOffset === 0 && bytes.length >= bytes.buffer.byteLength * 0.8 ? [bytes.buffer] : [];
}
