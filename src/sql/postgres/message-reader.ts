import { EventEmitter } from 'node:events';
import { parse } from 'pg-protocol';
import type { ServerMessage } from './library-messages.ts';
import { loginRefused } from './login-refused.ts';

/** A letter, and a length that counts itself. */
const HEADER_BYTES = 5;

export const MESSAGE = {
  authentication: 0x52,
  copyData: 0x64,
  dataRow: 0x44,
  error: 0x45,
  notice: 0x4e,
  notification: 0x41,
} as const;

/** What decides about messages before they are there. */
export interface Intake {
  /** At the header of every message: its letter and the bytes of its body to come. Throws to refuse it. */
  header(type: number, bodyBytes: number): void;
  /** The body of a DataRow, in place: the bytes hold during the call only, and may be changed. */
  row(buffer: Buffer, start: number, end: number): void;
}

/**
 * Cuts what comes from a server into messages. Rows are handed to the intake where they lie; notices, notifications and
 * data of COPY end at their header; everything else is parsed by the library, one message at a time.
 */
export class MessageReader {
  intake: Intake;
  readonly #library = new EventEmitter();
  /** Of an incomplete message: joined once, since joining at every chunk costs the square of its length. */
  #parts: Buffer[] = [];
  #held = 0;
  #needed = HEADER_BYTES;
  #isAdmitted = false;

  constructor(intake: Intake, take: (message: ServerMessage) => void) {
    this.intake = intake;
    // The promise is for the end of a stream, and this one has none.
    void parse(this.#library as unknown as NodeJS.ReadableStream, (message) => take(message as ServerMessage));
  }

  read(chunk: Buffer): void {
    const buffer = this.#joined(chunk);
    if (buffer === null) return;
    let position = 0;
    this.#needed = HEADER_BYTES;
    while (position + HEADER_BYTES <= buffer.length) {
      const type = buffer[position] ?? 0;
      const bodyBytes = buffer.readUInt32BE(position + 1) - 4;
      if (!this.#isAdmitted) {
        this.intake.header(type, bodyBytes);
        if (bodyBytes < 0) throw new Error('the server sent a message of a negative length');
      }
      const end = position + HEADER_BYTES + bodyBytes;
      this.#isAdmitted = end > buffer.length;
      if (this.#isAdmitted) {
        this.#needed = end - position;
        break;
      }
      this.#take(type, buffer, position, end);
      position = end;
    }
    if (position === buffer.length) return;
    this.#parts = [buffer.subarray(position)];
    this.#held = buffer.length - position;
  }

  /** What is there of the messages to come, or null where the next one is still incomplete. */
  #joined(chunk: Buffer): Buffer | null {
    if (this.#held === 0) return chunk;
    this.#parts.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#needed) return null;
    const joined = Buffer.concat(this.#parts, this.#held);
    this.#parts = [];
    this.#held = 0;
    return joined;
  }

  #take(type: number, buffer: Buffer, start: number, end: number): void {
    switch (type) {
      case MESSAGE.dataRow:
        this.intake.row(buffer, start + HEADER_BYTES, end);
        return;
      case MESSAGE.notice:
      case MESSAGE.notification:
      case MESSAGE.copyData:
        return;
      default:
        this.#parse(type, buffer.subarray(start, end));
    }
  }

  #parse(type: number, message: Buffer): void {
    // The library looks for the end of an error without an end until the end of time.
    if (type === MESSAGE.error && !(message.at(-1) === 0 && (message.at(-2) === 0 || message.length === 6))) {
      throw new Error('the server sent an error without an end');
    }
    try {
      this.#library.emit('data', message);
    } catch (error) {
      if (type === MESSAGE.authentication && error instanceof Error && error.message.startsWith('Unknown auth')) {
        throw loginRefused(`the server asks for ${loginName(message.readInt32BE(HEADER_BYTES))} to log in`);
      }
      throw error;
    }
  }
}

/** By the number of the request (AuthenticationKerberosV5, …GSS, …SSPI). */
function loginName(request: number): string {
  return { 2: 'Kerberos', 7: 'GSSAPI', 9: 'SSPI' }[request] ?? `method ${request}`;
}
