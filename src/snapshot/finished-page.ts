import { FINAL_BLOCK, GZIP_HEADER, gzipTrailer } from '../metrics/gzip.ts';
import type { Body, Page } from '../model/page.ts';
import { collect, joinBytes, type Segment } from './segment.ts';

/** Buffers from this size on are sent as they are; smaller neighbours are joined, since each costs a scrape a write. */
const SMALL_BYTES = 8 * 1024;
const JOINED_BYTES = 64 * 1024;

/** The page that consists of this text: plain, and as a gzip file of one member. */
export function toPage(segment: Segment): Page {
  const { crc32, bytes, deflatedBytes, series } = segment;
  const trailer = gzipTrailer(crc32, bytes);
  const gzipBytes = GZIP_HEADER.length + deflatedBytes + FINAL_BLOCK.length + trailer.length;
  const gzip = () => {
    const buffers = collect(segment, 'deflated', [GZIP_HEADER]);
    buffers.push(FINAL_BLOCK, trailer);
    return buffers;
  };
  return {
    identity: new LateBody(bytes, () => collect(segment, 'texts', [])),
    gzip: new LateBody(gzipBytes, gzip),
    series,
  };
}

/** A body whose buffers are put in a row when the first reader asks for them: most pages are never read, or in one form. */
class LateBody implements Body {
  readonly bytes: number;
  #collect: (() => readonly Uint8Array[]) | null;
  #buffers: readonly Uint8Array[] = [];

  constructor(bytes: number, collectBuffers: () => readonly Uint8Array[]) {
    this.bytes = bytes;
    this.#collect = collectBuffers;
  }

  get buffers(): readonly Uint8Array[] {
    if (this.#collect !== null) this.#buffers = joinNeighbours(this.#collect());
    this.#collect = null;
    return this.#buffers;
  }
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
