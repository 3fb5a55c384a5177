import { endianness } from 'node:os';

/** The order in which this machine keeps the bytes of an Int32Array. */
const IS_LITTLE_ENDIAN = endianness() === 'LE';

/** The fixed text of a line: family name, label names, constant labels. */
export interface Literal {
  /** The bytes in fours, filled up with zeros. */
  readonly words: Int32Array;
  readonly bytes: number;
}

export function toLiteral(text: string): Literal {
  const bytes = new TextEncoder().encode(text);
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return { words, bytes: bytes.length };
}

/**
 * Returns where the literal ends. Up to three zeros behind it are for the next bytes to overwrite. By single bytes it would
 * take three times as long, which is a third of the cost of a row.
 */
export function writeLiteral(literal: Literal, to: DataView, start: number): number {
  const { words, bytes } = literal;
  for (let i = 0; i < words.length; i++) to.setInt32(start + 4 * i, words[i] as number, IS_LITTLE_ENDIAN);
  return start + bytes;
}
