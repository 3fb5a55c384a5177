import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';

/**
 * The part of mysql2 that is used. Some of it is not documented, so its version is pinned, and the tests of the driver
 * fail where a new version differs: `startTLS` is replaced because the original checks the certificate of an IP address
 * against "localhost"; the `row` step of a query is replaced so that no row becomes an array of its own; packets are looked at
 * before `handlePacket`, since the library writes to the console what it does not understand.
 */
export interface Library extends EventEmitter {
  readonly threadId: number;
  /** The socket, or the TLS socket over it. */
  stream: Duplex;
  startTLS: (onSecure: (error?: Error) => void) => void;
  readonly packetParser: { execute(chunk: Buffer): void };
  /** Of the next packet; each command begins with 0. */
  sequenceId: number;
  /** Takes every packet; without one, it begins the next command. */
  handlePacket: (packet?: Packet) => void;
  query(options: QueryOptions, done: (error: Error | null) => void): QueryCommand;
  reset(done: (error?: Error | null) => void): void;
  ping(done: (error?: Error | null) => void): void;
  /** Says goodbye; the server then closes the connection. */
  end(): void;
}

interface QueryOptions {
  readonly sql: string;
  readonly rowsAsArray: true;
  readonly typeCast: false;
}

export interface QueryCommand extends EventEmitter {
  /** The step that takes a packet of the rows; returns the step for the next packet. */
  row: Step;
}

export type Step = (this: QueryCommand, packet: Packet, connection: unknown) => Step | null;

export interface Packet {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  readonly sequenceId: number;
  isEOF(): boolean;
  isError(): boolean;
  /** Reads the rest of a number that begins with this byte. */
  readLengthCodedNumberExt: (tag: number | undefined, ...how: boolean[]) => unknown;
}

export interface Field {
  readonly name: string;
  readonly columnType: number;
  /** The flags of the column definition,. */
  readonly flags: number;
  /** In characters; in bits for BIT. */
  readonly columnLength: number;
}

export interface Handshake {
  readonly serverVersion: string;
}
