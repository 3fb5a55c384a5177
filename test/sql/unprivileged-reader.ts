import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Loads what it needs first, since the folder of this program may be open to its owner alone. */
const SCRIPT = `
const { openReadOnly } = await import(process.argv[1]);
openReadOnly(':memory:', 0, 0).database.close();
if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534); }
const { database, isSound } = openReadOnly(process.argv[2], 0, 0);
console.log(JSON.stringify(database.prepare('SELECT name FROM fruit ORDER BY id').all().map(({ name }) => name)));
process.stdin.once('data', () => { console.log(isSound()); process.exit(); });
`;

/** A process that has opened a database of fruits as a user to whom the permissions of folders apply, unlike to root. */
export class UnprivilegedReader implements AsyncDisposable {
  readonly names: readonly string[];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessWithoutNullStreams, lines: AsyncIterator<string>, names: readonly string[]) {
    this.#child = child;
    this.#lines = lines;
    this.names = names;
  }

  /** Rejects with what the process said when it could not. */
  static async open(path: string): Promise<UnprivilegedReader> {
    const module = new URL('../../src/sql/sqlite/open-read-only.js', import.meta.url).href;
    const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, module, path]);
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done === true) {
      await once(child, 'close');
      throw new Error(complaint);
    }
    return new UnprivilegedReader(child, lines, JSON.parse(first.value));
  }

  /** Whether all that was read is of one state. To be asked once. */
  async isSound(): Promise<boolean> {
    this.#child.stdin.write('?');
    return (await this.#lines.next()).value === 'true';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#child.exitCode === null ? once(this.#child, 'close') : null;
    this.#child.stdin.end();
    this.#child.kill();
    await closed;
  }
}
