import { crc32 } from 'node:zlib';
import { deflateBlock } from '../metrics/block.ts';
import { combineCrc32 } from '../metrics/crc32.ts';
import type { Part } from '../model/outcome.ts';

/** A stretch of a page, its gzip finished. Never changed: pages that follow each other share what stays the same. */
export type Segment = Run | Joint;

interface Sizes {
  /** Of the text. */
  readonly crc32: number;
  readonly bytes: number;
  readonly deflatedBytes: number;
  readonly series: number;
}

/** Parts in a row. */
interface Run extends Sizes {
  readonly kind: 'run';
  /** The very ones of the parts. */
  readonly texts: readonly Uint8Array[];
  /** The same as raw deflate blocks, fit to stand between those of other segments. */
  readonly deflated: readonly Uint8Array[];
}

/** Two segments, one after the other. */
interface Joint extends Sizes {
  readonly kind: 'joint';
  readonly first: Segment;
  readonly second: Segment;
}

export const EMPTY_SEGMENT: Segment = {
  kind: 'run',
  texts: [],
  deflated: [],
  crc32: 0,
  bytes: 0,
  deflatedBytes: 0,
  series: 0,
};

/**
 * Puts parts one after the other. Those with a block of their own are used as they are; the small ones between are
 * compressed together, in the time that zlib takes for them.
 */
export function toRun(parts: Iterable<Part | null>): Segment {
  const texts: Uint8Array[] = [];
  const deflated: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  let crc = 0;
  let bytes = 0;
  let series = 0;
  const add = (block: Uint8Array, blockCrc: number, blockBytes: number): void => {
    deflated.push(block);
    crc = combineCrc32(crc, blockCrc, blockBytes);
    bytes += blockBytes;
  };
  const addSmall = (): void => {
    if (small.length === 0) return;
    const text = joinBytes(small);
    small = [];
    add(deflateBlock(text), crc32(text), text.length);
  };
  for (const part of parts) {
    if (part === null || part.text.length === 0) continue;
    texts.push(part.text);
    series += part.series;
    if (part.deflated === null) {
      small.push(part.text);
      continue;
    }
    addSmall();
    add(part.deflated, part.crc32, part.text.length);
  }
  addSmall();
  if (texts.length === 0) return EMPTY_SEGMENT;
  return { kind: 'run', texts, deflated, crc32: crc, bytes, deflatedBytes: lengthOf(deflated), series };
}

export function join(first: Segment, second: Segment): Segment {
  if (first.bytes === 0) return second;
  if (second.bytes === 0) return first;
  return {
    kind: 'joint',
    first,
    second,
    crc32: combineCrc32(first.crc32, second.crc32, second.bytes),
    bytes: first.bytes + second.bytes,
    deflatedBytes: first.deflatedBytes + second.deflatedBytes,
    series: first.series + second.series,
  };
}

/** The buffers of a segment in their order. */
export function collect(segment: Segment, which: 'texts' | 'deflated', into: Uint8Array[]): Uint8Array[] {
  if (segment.kind === 'joint') {
    collect(segment.first, which, into);
    return collect(segment.second, which, into);
  }
  // Not by spreading into push: there may be more buffers than a call may have arguments.
  for (const buffer of segment[which]) into.push(buffer);
  return into;
}

export function joinBytes(buffers: readonly Uint8Array[]): Uint8Array {
  return buffers.length === 1 && buffers[0] ? buffers[0] : Buffer.concat(buffers);
}

function lengthOf(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.length, 0);
}
