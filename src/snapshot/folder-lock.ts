import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

const NAME = 'in-use.sock';
/** `sun_path` of unix(7), without the byte that ends it. Node cuts longer ones in silence. */
const LONGEST_PATH_BYTES = 107;
/** Each round finds a socket that is free and loses the race for it. */
const ROUNDS = 3;

/**
 * Says that a folder belongs to this process, as long as that lives: the process listens on a unix socket in the folder.
 * The kernel closes the socket with the process, also where that is killed, and what is left then is a file at which nobody
 * answers. Unlike the number of a process this also holds between containers that share a folder; not between machines.
 */
export class FolderLock implements Disposable {
  readonly #server: Server;
  readonly #path: string;
  readonly #folder: number;
  readonly #inode: number;

  /**
   * Null: another process has the folder. Rejects where the folder takes no socket, as where its disk is full or it may not
   * be written to.
   */
  static async take(directory: string): Promise<FolderLock | null> {
    const folder = openSync(directory, 'r');
    try {
      const plain = join(directory, NAME);
      const path = Buffer.byteLength(plain) > LONGEST_PATH_BYTES ? `/proc/self/fd/${folder}/${NAME}` : plain;
      for (let round = 0; round < ROUNDS; round++) {
        const server = await listen(path);
        if (server !== null) return new FolderLock(server, path, folder);
        if (await isAnswered(path)) break;
        rmSync(path, { force: true });
      }
    } catch (error) {
      closeSync(folder);
      throw error;
    }
    closeSync(folder);
    return null;
  }

  private constructor(server: Server, path: string, folder: number) {
    this.#server = server.unref();
    this.#path = path;
    this.#folder = folder;
    this.#inode = statSync(path).ino;
  }

  /**
   * False where another process took the folder: two that find the socket of a dead one at the same moment may both remove
   * it and listen, and the last of them has it. A socket that is gone was removed together with the folder, by a person.
   */
  async isHeld(): Promise<boolean> {
    try {
      return (await stat(this.#path)).ino === this.#inode;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    // Closing removes the file, whosever it is.
    if (statSync(this.#path, { throwIfNoEntry: false })?.ino === this.#inode) this.#server.close();
    closeSync(this.#folder);
  }
}

/** Null: there is such a file already. */
function listen(path: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    server.listen(path, () => resolve(server));
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    // Anything else, such as a full queue of a process that stands still, comes from somebody who is there.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}
