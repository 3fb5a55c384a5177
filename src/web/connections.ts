import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

export interface ConnectionLimits {
  /** Descriptors beyond this belong to the database connections. */
  readonly maxConnections: number;
  /** A response that takes longer may be cut off when there is no room for others. */
  readonly patienceMs: number;
}

interface Connection {
  readonly socket: Socket;
  /** Responses under way; several when requests are pipelined. */
  answers: number;
  usedAtMs: number;
}

/**
 * The connections of one server, at most `maxConnections`. A new one takes the place of the one that has been unused
 * the longest, so that neither idle nor half-sent requests, however many, keep a scraper out.
 */
export class Connections {
  readonly #limits: ConnectionLimits;
  /** The least recently used first. */
  readonly #open = new Set<Connection>();
  readonly #bySocket = new WeakMap<Socket, Connection>();
  #closing = false;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  admit(socket: Socket): void {
    if (this.#closing || (this.#open.size >= this.#limits.maxConnections && !this.#makeRoom())) {
      socket.destroy();
      return;
    }
    const connection: Connection = { socket, answers: 0, usedAtMs: performance.now() };
    this.#open.add(connection);
    this.#bySocket.set(socket, connection);
    socket.once('close', () => this.#open.delete(connection));
  }

  /** Makes the encrypted socket, which requests name, stand for the connection that it runs over. */
  secured(socket: TLSSocket): void {
    for (const connection of this.#open) {
      const { remotePort, remoteAddress } = connection.socket;
      if (remotePort !== socket.remotePort || remoteAddress !== socket.remoteAddress) continue;
      this.#bySocket.set(socket, connection);
      return;
    }
  }

  answering(request: IncomingMessage, response: ServerResponse): void {
    const socket = request.socket;
    const connection = this.#bySocket.get(socket);
    if (connection === undefined) return;
    connection.answers += 1;
    this.#touch(connection);
    response.once('close', () => {
      connection.answers -= 1;
      this.#touch(connection);
      if (this.#closing && connection.answers === 0) socket.destroySoon();
    });
  }

  /** Lets responses under way finish for `graceMs` and ends every other connection at once. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    for (const { socket, answers } of this.#open) if (answers === 0) socket.destroy();

    const closed = [...this.#open].map(({ socket }) => new Promise<void>((resolve) => socket.once('close', resolve)));
    const grace = setTimeout(() => {
      for (const { socket } of this.#open) socket.destroy();
    }, graceMs);
    await Promise.all(closed);
    clearTimeout(grace);
  }

  #touch(connection: Connection): void {
    connection.usedAtMs = performance.now();
    if (this.#open.delete(connection)) this.#open.add(connection);
  }

  #makeRoom(): boolean {
    const nowMs = performance.now();
    for (const connection of this.#open) {
      if (connection.answers > 0 && nowMs - connection.usedAtMs < this.#limits.patienceMs) continue;
      this.#open.delete(connection);
      connection.socket.destroy();
      return true;
    }
    return false;
  }
}
