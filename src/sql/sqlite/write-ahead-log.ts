import { readSync } from 'node:fs';

export const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;
/** Bytes read at one time: enough to make system calls cheap, little enough for a thread with a small heap. */
const CHUNK_BYTES = 1 << 20;

/** Commits as https://www.sqlite.org/fileformat2.html#the_write_ahead_log says. */
export interface Commits {
  /** The size of the database after the last of them; 0 where there are none. */
  readonly pageCount: number;
  /** Page number → where its latest content begins in the log. */
  readonly pages: ReadonlyMap<number, number>;
}

/**
 * Reads a log from its beginning up to the last whole commit. What follows (a transaction under way, a torn frame,
 * frames of an earlier round) is told by salts and checksums and left out.
 */
export class WriteAheadLog {
  /** 0 where the log does not begin as one. */
  readonly pageSize: number;
  readonly #fd: number;
  readonly #header: Buffer;
  /** Up to the last commit that was read, as is the position. */
  #sum: Checksum;
  #position = LOG_HEADER_BYTES;

  constructor(fd: number) {
    this.#fd = fd;
    this.#header = Buffer.alloc(LOG_HEADER_BYTES);
    const got = readSync(fd, this.#header, 0, LOG_HEADER_BYTES, 0);
    const magic = this.#header.readUInt32BE(0);
    this.#sum = new Checksum((magic & 1) === 0);
    this.#sum.add(this.#header, 0, 24);
    const isLog = got === LOG_HEADER_BYTES && (magic & ~1) === MAGIC && this.#sum.equals(this.#header, 24);
    this.pageSize = isLog ? this.#header.readUInt32BE(8) : 0;
  }

  /** The commits since the last call; all of them at the first. */
  readCommits(): Commits {
    const pages = new Map<number, number>();
    let pageCount = 0;
    if (this.pageSize === 0) return { pages, pageCount };
    const frameBytes = FRAME_HEADER_BYTES + this.pageSize;
    const chunk = Buffer.allocUnsafe(frameBytes * Math.max(1, Math.floor(CHUNK_BYTES / frameBytes)));
    const sum = this.#sum.clone();
    let uncommitted: [page: number, position: number][] = [];

    for (let position = this.#position; ; position += chunk.length) {
      const got = readSync(this.#fd, chunk, 0, chunk.length, position);
      for (let at = 0; at + frameBytes <= got; at += frameBytes) {
        const saltsAgree = chunk.compare(this.#header, 16, 24, at + 8, at + 16) === 0;
        sum.add(chunk, at, 8);
        sum.add(chunk, at + FRAME_HEADER_BYTES, this.pageSize);
        if (!saltsAgree || !sum.equals(chunk, at + 16)) return { pages, pageCount };
        uncommitted.push([chunk.readUInt32BE(at), position + at + FRAME_HEADER_BYTES]);
        const sizeAfterCommit = chunk.readUInt32BE(at + 4);
        if (sizeAfterCommit === 0) continue;
        pageCount = sizeAfterCommit;
        for (const [page, content] of uncommitted) pages.set(page, content);
        uncommitted = [];
        this.#sum = sum.clone();
        this.#position = position + at + frameBytes;
      }
      if (got < chunk.length) return { pages, pageCount };
    }
  }
}

/** Runs on over the whole log: a frame is valid only if everything before it is. */
class Checksum {
  readonly #littleEndian: boolean;
  #first = 0;
  #second = 0;

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  clone(): Checksum {
    const clone = new Checksum(this.#littleEndian);
    clone.#first = this.#first;
    clone.#second = this.#second;
    return clone;
  }

  add(bytes: Buffer, start: number, length: number): void {
    const words = new DataView(bytes.buffer, bytes.byteOffset + start, length);
    let first = this.#first;
    let second = this.#second;
    for (let at = 0; at < length; at += 8) {
      first = (first + words.getUint32(at, this.#littleEndian) + second) >>> 0;
      second = (second + words.getUint32(at + 4, this.#littleEndian) + first) >>> 0;
    }
    this.#first = first;
    this.#second = second;
  }

  equals(bytes: Buffer, at: number): boolean {
    return bytes.readUInt32BE(at) === this.#first && bytes.readUInt32BE(at + 4) === this.#second;
  }
}
