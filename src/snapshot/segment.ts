import { crc32 } from 'node:zlib';
import { deflateBlock } from '../metrics/block.ts';
import { combineCrc32 } from '../metrics/crc32.ts';
import { FINAL_BLOCK, GZIP_HEADER, gzipTrailer } from '../metrics/gzip.ts';
import type { Body, Page } from '../model/page.ts';
import type { Part } from '../model/update.ts';

/** A stretch of a page as finished bytes. */
export interface Segment {
  readonly identity: readonly Uint8Array[];
  /** The same text as raw deflate blocks, fit to stand between those of other segments. */
  readonly deflated: readonly Uint8Array[];
  /** Of the text. */
  readonly crc32: number;
  readonly bytes: number;
  readonly series: number;
}

export const EMPTY_SEGMENT: Segment = { identity: [], deflated: [], crc32: 0, bytes: 0, series: 0 };

/** Buffers from this size on are sent as they are; smaller neighbours are joined, since each costs a scrape a write. */
const SMALL_BYTES = 8 * 1024;
const JOINED_BYTES = 64 * 1024;

/** The part at each of some slots in a row; null: nothing stands there. */
export type SlotParts = readonly (Part | null)[];

/** A segment, and what it was assembled from. */
export interface Assembled {
  readonly parts: SlotParts;
  readonly segment: Segment;
}

/**
 * Puts parts one after the other. Those with a block of their own are used as they are, the small ones between are joined.
 * Given what was assembled of the same slots before, what did not change is copied from there in long stretches.
 */
export function assemble(parts: SlotParts, before: Assembled | null = null): Segment {
  const oldText = before?.segment.identity[0];
  if (before !== null && oldText !== undefined && isAllSmall(parts) && isAllSmall(before.parts)) {
    return joinTexts(replaceTexts(parts, before.parts, oldText), countSeries(parts));
  }
  const segments: Segment[] = [];
  let small: Part[] = [];
  for (const part of parts) {
    if (part === null || part.text.length === 0) continue;
    if (part.deflated === null) {
      small.push(part);
      continue;
    }
    if (small.length > 0) segments.push(joinSmall(small));
    small = [];
    segments.push(toSegment(part, part.deflated));
  }
  if (small.length > 0) segments.push(joinSmall(small));
  return segments.length === 1 && segments[0] ? segments[0] : concat(segments);
}

export function concat(segments: readonly Segment[]): Segment {
  const identity: Uint8Array[] = [];
  const deflated: Uint8Array[] = [];
  let crc = 0;
  let bytes = 0;
  let series = 0;
  for (const segment of segments) {
    // Not by spreading into push: a page may have more buffers than a call may have arguments.
    for (const buffer of segment.identity) identity.push(buffer);
    for (const buffer of segment.deflated) deflated.push(buffer);
    crc = combineCrc32(crc, segment.crc32, segment.bytes);
    bytes += segment.bytes;
    series += segment.series;
  }
  return { identity, deflated, crc32: crc, bytes, series };
}

/** The page that consists of this text: plain, and as a gzip file of one member. */
export function toPage({ identity, deflated, crc32: crc, bytes, series }: Segment): Page {
  const gzip = [GZIP_HEADER, ...deflated, FINAL_BLOCK, gzipTrailer(crc, bytes)];
  return { identity: toBody(identity), gzip: toBody(gzip), series };
}

function toBody(buffers: readonly Uint8Array[]): Body {
  return { buffers: joinNeighbours(buffers), bytes: lengthOf(buffers) };
}

function isAllSmall(parts: SlotParts): boolean {
  for (const part of parts) if (part !== null && part.deflated !== null) return false;
  return true;
}

/** Stretches of the old text and the texts of the parts that are new, in their order. */
function replaceTexts(parts: SlotParts, oldParts: SlotParts, oldText: Uint8Array): readonly Uint8Array[] {
  const texts: Uint8Array[] = [];
  let copied = 0;
  let position = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] ?? null;
    const old = oldParts[i] ?? null;
    const end = position + (old === null ? 0 : old.text.length);
    if (part !== old) {
      if (position > copied) texts.push(oldText.subarray(copied, position));
      if (part !== null) texts.push(part.text);
      copied = end;
    }
    position = end;
  }
  if (position > copied) texts.push(oldText.subarray(copied, position));
  return texts;
}

function joinSmall(parts: readonly Part[]): Segment {
  return joinTexts(
    parts.map(({ text }) => text),
    countSeries(parts),
  );
}

function joinTexts(texts: readonly Uint8Array[], series: number): Segment {
  if (texts.length === 0) return EMPTY_SEGMENT;
  const text = joinBytes(texts);
  return { identity: [text], deflated: [deflateBlock(text)], crc32: crc32(text), bytes: text.length, series };
}

function countSeries(parts: SlotParts): number {
  let series = 0;
  for (const part of parts) if (part !== null) series += part.series;
  return series;
}

function toSegment({ text, crc32: crc, series }: Part, deflated: Uint8Array): Segment {
  return { identity: [text], deflated: [deflated], crc32: crc, bytes: text.length, series };
}

function joinNeighbours(buffers: readonly Uint8Array[]): readonly Uint8Array[] {
  const joined: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  let smallBytes = 0;
  const flush = () => {
    if (small.length > 0) joined.push(joinBytes(small));
    small = [];
    smallBytes = 0;
  };
  for (const buffer of buffers) {
    if (buffer.length >= SMALL_BYTES || smallBytes + buffer.length > JOINED_BYTES) flush();
    if (buffer.length >= SMALL_BYTES) {
      joined.push(buffer);
    } else {
      small.push(buffer);
      smallBytes += buffer.length;
    }
  }
  flush();
  return joined;
}

function joinBytes(buffers: readonly Uint8Array[]): Uint8Array {
  return buffers.length === 1 && buffers[0] ? buffers[0] : Buffer.concat(buffers);
}

function lengthOf(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.length, 0);
}
