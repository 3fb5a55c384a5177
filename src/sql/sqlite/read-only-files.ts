import { constants, readFileSync } from 'node:fs';
import type { DatabaseView } from './database-view.ts';

/**
 * What the SQLite build asks of `node:fs`, answered from one view: there is a single file, which cannot be written.
 * Whatever a statement tries (ATTACH, VACUUM INTO, a journal), no other file is opened and none is made.
 *
 * The build's own locks are folders `<database>.lock`, for readers too: they would need write access, shut out all
 * other readers and outlive a killed thread, and SQLite itself does not look at them. A view needs no lock.
 */
export class ReadOnlyFiles {
  /** The file of the run that is under way. */
  view: DatabaseView | null = null;

  readonly module = {
    constants,
    /** Only for the build's own code. */
    readFileSync,
    openSync: (path: string, flags: number): number => {
      if (path !== this.view?.path || (flags & (constants.O_RDWR | constants.O_CREAT)) !== 0) throw refusal('EACCES');
      return DESCRIPTOR;
    },
    closeSync: (): void => undefined,
    fstatSync: () => ({ size: this.view?.bytes ?? 0 }),
    readSync: (_descriptor: number, into: Uint8Array, _offset: number, _length: number, position: number | bigint) => {
      if (this.view === null) throw refusal('EBADF');
      return this.view.read(into, Number(position));
    },
    /** SQLite asks for journals and logs; the view has dealt with them. */
    accessSync: () => {
      throw refusal('ENOENT');
    },
    mkdirSync: (): void => undefined,
    rmdirSync: (): void => undefined,
    unlinkSync: refuseToWrite,
    writeSync: refuseToWrite,
    ftruncateSync: refuseToWrite,
    fsyncSync: refuseToWrite,
  };
}

/** Any number: there is one file. */
const DESCRIPTOR = 1;

function refuseToWrite(): never {
  throw refusal('EROFS');
}

function refusal(code: string): Error {
  return Object.assign(new Error(code), { code });
}
