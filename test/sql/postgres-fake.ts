import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { findFreePort } from '../support/daemon.ts';

/** What is sent for each thing that comes; the end of the list ends the connection. */
export type Script = readonly (Buffer | ((received: Buffer) => Buffer))[];

/** A server that says what it is told to say, to every client anew. */
export class FakePostgres implements AsyncDisposable {
  readonly port: number;
  /** All that clients sent. */
  received = Buffer.alloc(0);
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(port: number, server: Server, sockets: Set<Socket>) {
    this.port = port;
    this.#server = server;
    this.#sockets = sockets;
  }

  /** `greeting` is sent unasked. With `mute`, the end of the script leaves the connection open. */
  static async start(script: Script, greeting = '', mute = false): Promise<FakePostgres> {
    const sockets = new Set<Socket>();
    const server = createServer();
    const port = await findFreePort();
    const fake = new FakePostgres(port, server, sockets);
    server.on('connection', (socket) => {
      let step = 0;
      sockets.add(socket);
      socket.on('error', () => undefined);
      if (greeting !== '') socket.write(greeting, 'latin1');
      socket.on('data', (chunk: Buffer) => {
        fake.received = Buffer.concat([fake.received, chunk]);
        const answer = script[step++];
        if (answer !== undefined) socket.write(typeof answer === 'function' ? answer(chunk) : answer);
        if (step >= script.length && !mute) socket.end();
      });
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return fake;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function message(type: string, body: Uint8Array | string = ''): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeInt32BE(Buffer.byteLength(body) + 4, 1);
  return Buffer.concat([header, Buffer.from(body)]);
}

/** AuthenticationOk is 0; a request for SASL is 10. */
export function authentication(code: number, data: Uint8Array | string = ''): Buffer {
  const number = Buffer.alloc(4);
  number.writeInt32BE(code);
  return message('R', Buffer.concat([number, Buffer.from(data)]));
}

export function failure(sqlState: string, text: string): Buffer {
  return message('E', `SFATAL\0C${sqlState}\0M${text}\0\0`);
}

export function ready(status: 'I' | 'T' | 'E'): Buffer {
  return message('Z', status);
}

export function columns(...names: readonly string[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeInt16BE(names.length);
  // Of a text: no table, type 25.
  const shape = Buffer.from('000000000000000000190000000000000000', 'hex');
  return message('T', Buffer.concat([count, ...names.flatMap((name) => [Buffer.from(`${name}\0`), shape])]));
}

export function row(...texts: readonly string[]): Buffer {
  const int = (value: number, bytes: 2 | 4): Buffer => {
    const buffer = Buffer.alloc(bytes);
    buffer.writeIntBE(value, 0, bytes);
    return buffer;
  };
  const cells = texts.flatMap((text) => [int(Buffer.byteLength(text), 4), Buffer.from(text)]);
  return message('D', Buffer.concat([int(texts.length, 2), ...cells]));
}

/** A login without a password, and the answer to what the driver asks for after it: the process and what it is. */
export function login(serverVersion: string, processId = '7'): Buffer[] {
  const key = Buffer.from('000000070000002a', 'hex');
  const version = message('S', `server_version\0${serverVersion}\0`);
  const cells = [processId, serverVersion, '0', 'off', 'place', '0', '0', '0', '0'];
  const answer = [columns(...cells), row(...cells), message('C', 'SELECT 1\0'), ready('I')];
  return [Buffer.concat([authentication(0), version, message('K', key), ready('I')]), Buffer.concat(answer)];
}
