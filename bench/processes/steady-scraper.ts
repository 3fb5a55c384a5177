/**
 * Scrapes at a steady rate and prints the milliseconds of each scrape as a JSON array:
 * `steady-scraper.js PORT PATH PER_SECOND SECONDS`.
 *
 * On sockets of its own, with one buffer to read into: what its own garbage collector does must not look like the
 * server's. A scrape that is due while all connections are busy is measured from when it was due.
 */
import { createConnection, type Socket } from 'node:net';

const [port = 0, path = '/', perSecond = 1, seconds = 1] = process.argv.slice(2).map((text) => Number(text) || text);
const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n\r\n`);
const CONNECTIONS = 16;

const times: number[] = [];
const waiting: number[] = [];
const idle: Scraper[] = [];

class Scraper {
  readonly #socket: Socket;
  #dueMs = 0;
  /** Of the response; null until its head has come. */
  #left: number | null = null;

  constructor() {
    const onread = {
      buffer: Buffer.alloc(1 << 20),
      callback: (bytes: number, read: Uint8Array) => this.#take(bytes, read),
    };
    this.#socket = createConnection({ host: '127.0.0.1', port: Number(port), noDelay: true, onread }, () =>
      idle.push(this),
    );
  }

  scrape(dueMs: number): void {
    this.#dueMs = dueMs;
    this.#left = null;
    this.#socket.write(request);
  }

  end(): void {
    this.#socket.destroy();
  }

  #take(bytes: number, read: Uint8Array): boolean {
    if (this.#left === null) {
      // On loopback the head of a response comes in one piece.
      const head = Buffer.from(read.buffer, read.byteOffset, Math.min(bytes, 2_048)).toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (!head.startsWith('HTTP/1.1 200') || end === -1) throw new Error(`not a page: ${head.slice(0, 100)}`);
      this.#left = Number(/content-length: (\d+)/i.exec(head)?.[1]) + end + 4;
    }
    this.#left -= bytes;
    if (this.#left === 0) {
      times.push(performance.now() - this.#dueMs);
      const dueMs = waiting.shift();
      if (dueMs === undefined) idle.push(this);
      else this.scrape(dueMs);
    }
    return true;
  }
}

const scrapers = Array.from({ length: CONNECTIONS }, () => new Scraper());
const beginMs = performance.now() + 200;
const total = Number(perSecond) * Number(seconds);
let sent = 0;
const timer = setInterval(() => {
  const nowMs = performance.now();
  for (; sent < total && beginMs + (sent * 1_000) / Number(perSecond) <= nowMs; sent++) {
    const scraper = idle.pop();
    if (scraper === undefined) waiting.push(nowMs);
    else scraper.scrape(nowMs);
  }
  if (times.length < total) return;
  clearInterval(timer);
  for (const scraper of scrapers) scraper.end();
  process.stdout.write(JSON.stringify(times));
}, 1);
