import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { compileFunction } from 'node:vm';

/** Sorting and grouping happen in memory; a statement that needs more than this fails instead of eating the host. */
const MAX_MEMORY_BYTES = 256 << 20;
const WASM_PAGE_BYTES = 65_536;

/** The part of SQLite's C interface that we use; pointers and lengths are numbers. */
export interface Build {
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _sqlite3_open_v2(name: number, out: number, flags: number, vfs: number): number;
  _sqlite3_close_v2(connection: number): number;
  _sqlite3_prepare_v2(connection: number, sql: number, bytes: number, out: number, tail: number): number;
  _sqlite3_step(statement: number): number;
  _sqlite3_finalize(statement: number): number;
  _sqlite3_column_count(statement: number): number;
  _sqlite3_column_name(statement: number, column: number): number;
  _sqlite3_column_type(statement: number, column: number): number;
  _sqlite3_column_text(statement: number, column: number): number;
  _sqlite3_column_blob(statement: number, column: number): number;
  _sqlite3_column_bytes(statement: number, column: number): number;
  _sqlite3_errmsg(connection: number): number;
}

/** The part of `WebAssembly.Memory` that we use; Node's types know nothing of WebAssembly. */
export interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

declare const WebAssembly: {
  readonly Memory: abstract new () => Memory;
  readonly Instance: new (module: unknown, imports: unknown) => { readonly exports: object };
};

/**
 * Runs the package's code with what it is to use handed in, which needs no change of the thread's own `node:fs`. It
 * exports SQLite's functions but not their memory, so that is taken when the instance is made.
 */
export function loadBuild(files: object): { readonly build: Build; readonly memory: Memory } {
  const require = createRequire(import.meta.url);
  const path = require.resolve('node-sqlite3-wasm');
  let memory: Memory | undefined;
  class WatchedInstance extends WebAssembly.Instance {
    constructor(module: unknown, imports: unknown) {
      super(module, imports);
      memory = Object.values(this.exports).find((value) => value instanceof WebAssembly.Memory);
    }
  }
  const loaded: { exports: Build | null } = { exports: null };
  const load = compileFunction(
    readFileSync(path, 'utf8'),
    ['module', 'require', '__filename', '__dirname', 'WebAssembly'],
    { filename: path },
  );
  load(
    loaded,
    (name: string) => (name === 'node:fs' ? files : require(name)),
    path,
    dirname(path),
    Object.create(WebAssembly, { Instance: { value: WatchedInstance } }),
  );
  if (loaded.exports === null || memory === undefined) throw new Error(`${path} is not the build that was expected`);
  limitMemory(memory);
  return { build: loaded.exports, memory };
}

/** The build asks here for more; where it gets none, SQLite says that it is out of memory. */
function limitMemory(memory: Memory): void {
  const grow = memory.grow.bind(memory);
  memory.grow = (pages) => {
    if (memory.buffer.byteLength + pages * WASM_PAGE_BYTES > MAX_MEMORY_BYTES) throw new RangeError('out of memory');
    return grow(pages);
  };
}
