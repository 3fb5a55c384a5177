import { parentPort, workerData } from 'node:worker_threads';
import { ShopDatabase } from './shop-database.ts';

/** What the thread of a shop is started with. It says `open` once, and closes when it is told anything. */
export interface ShopWorkerData {
  readonly path: string;
  readonly seed: number;
  readonly everyMs: number;
  /** One number: how many rows have changed. */
  readonly changes: Int32Array;
}

const { path, seed, everyMs, changes } = workerData as ShopWorkerData;
const shop = new ShopDatabase(path, seed, seconds());
parentPort?.postMessage('open');

const trading = setInterval(() => Atomics.add(changes, 0, shop.trade(seconds())), everyMs);

parentPort?.once('message', () => {
  clearInterval(trading);
  shop[Symbol.dispose]();
});

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
