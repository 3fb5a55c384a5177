import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ShopWorkerData } from './shop-worker.ts';

/** A small shop in an SQLite file of its own that goes on trading until it is disposed of. */
export interface Shop extends AsyncDisposable {
  /** The database file. */
  readonly path: string;
  /** How many rows have changed since the shop opened. */
  readonly changes: number;
}

export interface ShopOptions {
  /** The time between two transactions. */
  readonly everyMs?: number;
  readonly seed?: number;
}

/** Makes the database in a temporary folder, in well under a second, and lets a thread change it all the time. */
export async function startShop({ everyMs = 250, seed = 1 }: ShopOptions = {}): Promise<Shop> {
  const folder = await mkdtemp(join(tmpdir(), 'query-exporter-demo-'));
  const path = join(folder, 'shop.db');
  const changes = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./shop-worker.js', import.meta.url), {
    name: 'shop',
    workerData: { path, seed, everyMs, changes } satisfies ShopWorkerData,
    execArgv: [],
  });
  try {
    await once(worker, 'message');
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const ended = new Promise<void>((resolve, reject) => {
    worker.once('exit', () => resolve());
    worker.once('error', reject);
  });
  // Told to whoever closes the shop.
  ended.catch(() => undefined);

  return {
    path,
    get changes() {
      return Atomics.load(changes, 0);
    },
    async [Symbol.asyncDispose]() {
      worker.postMessage('close');
      try {
        await ended;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
