import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

export interface ConnectionLimits {
  /** Descriptors beyond this belong to the database connections. */
  readonly maxConnections: () => number;
  /** How long a client may go on sending a body after its response is out: it may not have read that yet. */
  readonly bodyTimeoutMs: number;
  /** A response that takes longer may be cut off when there is no room for others. */
  readonly patienceMs: number;
}

interface Connection {
  readonly socket: Socket;
  /** Responses under way; several when requests are pipelined. */
  answers: number;
  /** False until the first request. */
  used: boolean;
  usedAtMs: number;
}

/** A request follows its connection within a round trip. Most stops need less, since few connections are that new. */
const FIRST_REQUEST_MS = 500;

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
    if (this.#closing || (this.#open.size >= this.#limits.maxConnections() && !this.#makeRoom())) {
      socket.destroy();
      return;
    }
    const connection: Connection = { socket, answers: 0, used: false, usedAtMs: performance.now() };
    this.#open.add(connection);
    this.#bySocket.set(socket, connection);
    socket.once('close', () => this.#open.delete(connection));
  }

  /** Makes the encrypted socket, which requests name, stand for the connection that it runs over. */
  secured(socket: TLSSocket): void {
    const connection = this.#carrying(socket);
    if (connection !== null) this.#bySocket.set(socket, connection);
  }

  /** The socket that an encrypted one runs over; null: it is gone. */
  under(socket: TLSSocket): Socket | null {
    return this.#carrying(socket)?.socket ?? null;
  }

  answering(request: IncomingMessage, response: ServerResponse): void {
    const socket = request.socket;
    const connection = this.#bySocket.get(socket);
    if (connection === undefined) return;
    connection.answers += 1;
    connection.used = true;
    this.#touch(connection);
    response.once('close', () => {
      connection.answers -= 1;
      this.#touch(connection);
      if (this.#closing && connection.answers === 0) socket.destroySoon();
      if (!request.complete) this.#endBody(request, socket);
    });
  }

  /**
   * Lets responses under way finish for `graceMs`, gives new connections a moment for their first request, and ends every
   * other one at once. A client that loses a connection it has used before asks again, one that loses a new one fails.
   */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#end(({ answers, used }) => answers === 0 && used);

    const closed = [...this.#open].map(({ socket }) => new Promise<void>((resolve) => socket.once('close', resolve)));
    const moment = setTimeout(() => this.#end(({ answers }) => answers === 0), Math.min(graceMs, FIRST_REQUEST_MS));
    const grace = setTimeout(() => this.#end(() => true), graceMs);
    await Promise.all(closed);
    clearTimeout(moment);
    clearTimeout(grace);
  }

  #carrying(encrypted: TLSSocket): Connection | null {
    for (const connection of this.#open) {
      const { remotePort, remoteAddress } = connection.socket;
      if (remotePort === encrypted.remotePort && remoteAddress === encrypted.remoteAddress) return connection;
    }
    return null;
  }

  #endBody(request: IncomingMessage, socket: Socket): void {
    const late = setTimeout(() => socket.destroy(), this.#limits.bodyTimeoutMs);
    for (const end of ['end', 'close']) request.once(end, () => clearTimeout(late));
  }

  #end(which: (connection: Connection) => boolean): void {
    for (const connection of this.#open) if (which(connection)) connection.socket.destroy();
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
