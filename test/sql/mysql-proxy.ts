import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What stands between a client and MariaDB. */
export interface MysqlProxy extends AsyncDisposable {
  readonly port: number;
}

export interface ProxyOptions {
  /** The port of the server for a connection, by its number from 0. */
  readonly serverOf: (connection: number) => number;
  /** What it greets with instead of the server's own version. */
  readonly version?: string;
  /** Added to the server's number of a connection. */
  readonly idOffset?: number;
}

const HEADER_BYTES = 4;

/** Hands bytes on, but for the greeting, which it may rewrite as proxies do. */
export async function startProxy({ serverOf, version, idOffset = 0 }: ProxyOptions): Promise<MysqlProxy> {
  let connections = 0;
  return listen((client) => {
    const server = connect({ host: '127.0.0.1', port: serverOf(connections++) });
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    for (const side of [client, server]) side.on('error', end).on('close', end);
    client.pipe(server);
    let seen = Buffer.alloc(0);
    const greet = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk]);
      const length = seen.length < HEADER_BYTES ? Number.POSITIVE_INFINITY : HEADER_BYTES + seen.readUIntLE(0, 3);
      if (seen.length < length) return;
      server.off('data', greet);
      client.write(packet(0, rewritten(seen.subarray(HEADER_BYTES, length))));
      server.pipe(client);
    };
    server.on('data', greet);

    function rewritten(greeting: Buffer): Buffer {
      const end = greeting.indexOf(0, 1);
      const rest = Buffer.from(greeting.subarray(end + 1));
      rest.writeUInt32LE(rest.readUInt32LE(0) + idOffset, 0);
      const text = version ?? greeting.toString('latin1', 1, end);
      return Buffer.concat([greeting.subarray(0, 1), Buffer.from(`${text}\0`), rest]);
    }
  });
}

/** A server that lets everybody in, unless told otherwise, and answers every statement with these packets, each with its number. */
export function startFakeServer(
  answer: (sql: string) => readonly (readonly [number, Buffer])[],
  toLogIn = OK,
): Promise<MysqlProxy> {
  return listen((client) => {
    let seen = Buffer.alloc(0);
    let isIn = false;
    client.write(packet(0, GREETING));
    client.on('error', () => undefined);
    client.on('data', (chunk) => {
      seen = Buffer.concat([seen, chunk]);
      while (seen.length >= HEADER_BYTES && seen.length >= HEADER_BYTES + seen.readUIntLE(0, 3)) {
        const length = HEADER_BYTES + seen.readUIntLE(0, 3);
        const [number, body] = [seen[3] ?? 0, seen.subarray(HEADER_BYTES, length)];
        seen = seen.subarray(length);
        if (!isIn) client.write(packet(number + 1, toLogIn));
        else if (body[0] === COM_QUERY) {
          for (const [at, bytes] of answer(body.toString('utf8', 1))) client.write(packet(at, bytes));
        } else client.write(packet(1, OK));
        isIn = true;
      }
    });
  });
}

export const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
const COM_QUERY = 3;
const GREETING = Buffer.concat([
  Buffer.from([10]),
  Buffer.from('8.0.36\0\x07\0\0\0abcdefgh\0'),
  Buffer.from([0xff, 0xf7, 45, 2, 0, 8, 0, 21]),
  Buffer.alloc(10),
  Buffer.from('ijklmnopqrst\0mysql_native_password\0'),
]);

function packet(number: number, body: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUIntLE(body.length, 0, 3);
  header[3] = number;
  return Buffer.concat([header, body]);
}

async function listen(serve: (client: Socket) => void): Promise<MysqlProxy> {
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    serve(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
