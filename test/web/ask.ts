import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** One request as a careful client sends it; `path` goes out exactly as given. */
export function ask(
  server: { readonly url: string },
  path: string,
  options: RequestOptions & { body?: string; ca?: Buffer; cert?: Buffer; key?: Buffer } = {},
): Promise<Reply> {
  const { body, ...rest } = options;
  const { protocol, hostname, port } = new URL(server.url);
  const send = protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send({ hostname, port, path, agent: false, ...rest }, async (response) => {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        const all = Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: all, text: all.toString() });
      } catch (error) {
        reject(error);
      }
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** A connection for saying what no careful client says. */
export async function open(server: { readonly port: number }, first?: string | Uint8Array): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (first !== undefined) socket.write(first);
  return socket;
}

/** Sends bytes and reads until the server closes the connection. */
export async function talk(
  server: { readonly port: number },
  ...parts: readonly (string | Uint8Array)[]
): Promise<string> {
  const socket = await open(server);
  for (const part of parts) socket.write(part);
  return await text(socket);
}

export function gone(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve();
  socket.resume();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}
