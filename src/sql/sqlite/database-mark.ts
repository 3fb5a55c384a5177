import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { LOG_HEADER_BYTES } from './write-ahead-log.ts';

/** Somebody writes to the database at this moment; reading may succeed a little later. */
export class Disturbed extends Error {
  override readonly name = 'Disturbed';
}

const DATABASE_HEADER_BYTES = 100;
const JOURNAL_MAGIC = 'd9d505f920a163d7';
/** More than the steps in which Linux counts a file's time of change (4 or 10 ms). */
const CLOCK_STEP_MS = 20;

/**
 * What a writer cannot help changing before the file holds a mixture of two states, as one text to be compared. Throws
 * `Disturbed` in the middle of a write.
 *
 * - Rollback journal: the file is half written from the moment its journal is complete until that is gone. Every
 *   commit changes a counter in the header.
 * - Write-ahead log: what a checkpoint writes into the file stands in the log as well, until the log begins anew,
 *   under a new header. While nobody has the database open there is no log, and only the file's time tells.
 */
export function lookAtDatabase(fd: number, path: string): string {
  if (isHalfWritten(`${path}-journal`)) {
    throw new Disturbed(`a write is under way, or was interrupted so that ${path}-journal must be rolled back`);
  }
  const { ino, size, mtimeNs } = statSync(path, { bigint: true });
  const header = readUpTo(fd, DATABASE_HEADER_BYTES);
  if (usesLog(header)) {
    const logHeader = readLogHeader(`${path}-wal`);
    if (logHeader !== null) return `${ino} ${logHeader}`;
    if (isRecent(mtimeNs)) throw new Disturbed('its log has just been written back');
  }
  return `${ino} ${size} ${mtimeNs} ${header.toString('hex')}`;
}

export function readsLog(fd: number): boolean {
  return usesLog(readUpTo(fd, DATABASE_HEADER_BYTES));
}

export function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function usesLog(header: Buffer): boolean {
  return header.length > 19 && header[19] === 2;
}

/** So recent that another write might leave the same time: it counts in steps. */
export function isRecent(mtimeNs: bigint): boolean {
  return Math.abs(Date.now() - Number(mtimeNs / 1_000_000n)) < CLOCK_STEP_MS;
}

/**
 * A journal whose number of records is still 0 belongs to a transaction that has not touched the database yet;
 * SQLite fills it in before the first page is written, and wipes the header or the file after the last.
 */
function isHalfWritten(journal: string): boolean {
  const fd = openIfThere(journal);
  if (fd === null) return false;
  try {
    const header = readUpTo(fd, 12);
    return header.length === 12 && header.toString('hex', 0, 8) === JOURNAL_MAGIC && header.readUInt32BE(8) !== 0;
  } finally {
    closeSync(fd);
  }
}

function readLogHeader(path: string): string | null {
  const fd = openIfThere(path);
  if (fd === null) return null;
  try {
    const header = readUpTo(fd, LOG_HEADER_BYTES);
    return header.length === LOG_HEADER_BYTES ? header.toString('hex') : null;
  } finally {
    closeSync(fd);
  }
}

function readUpTo(fd: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  return buffer.subarray(0, readSync(fd, buffer, 0, bytes, 0));
}
