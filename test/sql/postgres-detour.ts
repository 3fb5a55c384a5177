import { connect, createServer, type Server, type Socket } from 'node:net';
import { findFreePort } from '../support/daemon.ts';

/** Stands between a session and a server, and can stop passing on. */
export class Detour {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs: (readonly [Socket, Socket])[];

  private constructor(port: number, server: Server, pairs: (readonly [Socket, Socket])[]) {
    this.port = port;
    this.#server = server;
    this.#pairs = pairs;
  }

  static async before(target: number): Promise<Detour> {
    const pairs: (readonly [Socket, Socket])[] = [];
    const server = createServer((near) => {
      const far = connect(target, '127.0.0.1');
      for (const socket of [near, far]) socket.on('error', () => undefined);
      near.pipe(far);
      far.pipe(near);
      pairs.push([near, far]);
    });
    const port = await findFreePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return new Detour(port, server, pairs);
  }

  /** What the server sends is no longer taken. */
  stall(): void {
    for (const [near, far] of this.#pairs) {
      far.unpipe(near);
      far.pause();
    }
  }

  /** Both ends hear of it at once. */
  reset(): void {
    for (const sockets of this.#pairs) for (const socket of sockets) socket.resetAndDestroy();
  }

  cut(): void {
    for (const sockets of this.#pairs) for (const socket of sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
