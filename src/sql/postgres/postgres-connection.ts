import type { Duplex } from 'node:stream';
import { serialize } from 'pg-protocol';
import type { Row, RowSink } from '../../model/rows.ts';
import { type CancelKey, sendCancel, type Way } from './cancel-request.ts';
import type { ServerMessage } from './library-messages.ts';
import { type Intake, MessageReader } from './message-reader.ts';
import { PostgresResult } from './postgres-result.ts';

/** A server that does not end a connection at our goodbye loses it without one. */
const GOODBYE_MS = 1_000;
/** What the program asks for itself. */
const OWN_CAPS = { maxRows: 1_000, maxBytes: 1024 * 1024 };

/** An error that the server sent. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly sqlState: string;
  /** How many statements of the same text were done before. */
  readonly completed: number;

  constructor(sqlState: string, message: string, completed: number) {
    super(message);
    this.sqlState = sqlState;
    this.completed = completed;
  }
}

/** The connection is gone; what the server said before that, or the socket, is the cause. */
export class ConnectionEnded extends Error {
  override readonly name = 'ConnectionEnded';
}

/** What takes the answers of an exchange. What it throws ends the connection. */
export interface Taker extends Intake {
  message(message: ServerMessage): void;
}

/** A connection and the protocol on it, without a notion of runs: one exchange at a time. */
export class PostgresConnection {
  readonly way: Way;
  readonly openedMs = performance.now();
  /** Resolves when the socket is closed; never rejects. */
  readonly closed: Promise<void>;
  /** Hears what the server says about itself, also of its own accord, such as `in_hot_standby`. */
  onParameter: (name: string, value: string) => void = () => undefined;
  /** At the end of the last exchange: I is idle, T in a transaction, E in one that failed. */
  transaction = 'I';
  /** As the login told; a pooler invents one. */
  cancelKey: CancelKey = { processId: 0, secret: 0 };
  /** Whether what answers is a pooler, whose server goes on when the client is gone. */
  isPooled = false;
  readonly #socket: Duplex;
  readonly #reader: MessageReader;
  #underWay: UnderWay | null = null;
  /** Not yet followed by the end of its exchange: where the connection ends instead, it is the reason. */
  #lastError: ServerError | null = null;
  #isDead = false;

  constructor(socket: Duplex, way: Way) {
    this.way = way;
    this.#socket = socket;
    this.#reader = new MessageReader(IDLE, (message) => this.#take(message));
    let failed: Error | null = null;
    socket.on('error', (error) => {
      failed ??= error;
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#die(new ConnectionEnded('the connection was lost', { cause: this.#lastError ?? failed }));
        resolve();
      });
    });
    socket.on('data', (chunk: Buffer) => {
      if (this.#isDead) return;
      try {
        this.#reader.read(chunk);
      } catch (error) {
        this.destroy(error);
      }
    });
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /**
   * Sends messages and hands the answers over until the server has answered so many of them with ReadyForQuery. Rejects
   * with the first `ServerError`, with `ConnectionEnded`, or with what the taker threw.
   */
  exchange(messages: Buffer, taker: Taker, ends = 1): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isDead) return reject(new ConnectionEnded('the connection was lost'));
      this.#underWay = { taker, ends, completed: 0, error: null, resolve, reject };
      this.#reader.intake = taker;
      this.#socket.write(messages);
    });
  }

  /** Within an exchange. */
  send(message: Buffer): void {
    if (!this.#isDead) this.#socket.write(message);
  }

  /** Runs a text of statements of our own and takes no notice of the answers. */
  tell(sql: string): Promise<void> {
    return this.exchange(serialize.query(sql), NOTHING);
  }

  /** Runs a text of statements of our own and gives all rows. */
  async ask(sql: string): Promise<(string | null)[][]> {
    const rows = new RowTexts();
    await this.exchange(serialize.query(sql), new PostgresResult(OWN_CAPS, rows));
    return rows.rows;
  }

  /** Ends the connection politely. Resolves when it is gone, within about a second. */
  async quit(): Promise<void> {
    if (this.#isDead) return this.closed;
    this.#die(new ConnectionEnded('the connection was closed'));
    this.#socket.end(serialize.end());
    const late = setTimeout(() => this.#socket.destroy(), GOODBYE_MS);
    await this.closed;
    clearTimeout(late);
  }

  /**
   * Ends the connection at once. A statement under way is cancelled: the server would notice that nobody listens only
   * when it has something to say.
   */
  destroy(reason: unknown = new ConnectionEnded('the connection was closed')): void {
    if (this.#isDead) {
      this.#socket.destroy();
      return;
    }
    const isWorking = this.#underWay !== null && this.cancelKey.processId !== 0;
    this.#die(reason);
    const cancelled = isWorking ? sendCancel(this.way, this.cancelKey) : Promise.resolve();
    // A pooler forgets the key together with its client.
    if (this.isPooled) void cancelled.finally(() => this.#socket.destroy());
    else this.#socket.destroy();
  }

  #die(reason: unknown): void {
    this.#isDead = true;
    // What is left of a chunk belongs to nobody.
    this.#reader.intake = IDLE;
    const underWay = this.#underWay;
    this.#underWay = null;
    underWay?.reject(reason);
  }

  #take(message: ServerMessage): void {
    switch (message.name) {
      case 'parameterStatus':
        this.onParameter(message.parameterName, message.parameterValue);
        return;
      case 'backendKeyData':
        this.cancelKey = { processId: message.processID, secret: message.secretKey };
        return;
      case 'error': {
        if (message.code === undefined) throw new Error('the server sent a message that nobody knows');
        this.#lastError = new ServerError(message.code, message.message ?? '', this.#underWay?.completed ?? 0);
        if (this.#underWay !== null) this.#underWay.error ??= this.#lastError;
        return;
      }
      case 'readyForQuery':
        this.#end(message.status);
        return;
      case 'commandComplete':
        if (this.#underWay !== null) this.#underWay.completed += 1;
        return;
      default:
        this.#underWay?.taker.message(message);
    }
  }

  #end(transaction: string): void {
    this.transaction = transaction;
    this.#lastError = null;
    const underWay = this.#underWay;
    if (underWay === null) return;
    underWay.ends -= 1;
    if (underWay.ends > 0) return;
    this.#underWay = null;
    this.#reader.intake = IDLE;
    if (underWay.error === null) underWay.resolve();
    else underWay.reject(underWay.error);
  }
}

/** Between exchanges the server says little: a parameter that changed, a notice, a last error. */
const IDLE: Intake = {
  header: (_, bodyBytes) => {
    if (bodyBytes > OWN_CAPS.maxBytes) throw new Error('the server sent much that nobody asked for');
  },
  row: () => undefined,
};

/** Takes no notice of the answers. */
export const NOTHING: Taker = { ...IDLE, message: () => undefined };

interface UnderWay {
  readonly taker: Taker;
  /** How often the server still has to get ready. */
  ends: number;
  completed: number;
  error: ServerError | null;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

class RowTexts implements RowSink {
  readonly rows: (string | null)[][] = [];

  columns(): void {}

  row(row: Row): void {
    this.rows.push(row.texts());
  }
}
