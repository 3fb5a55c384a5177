import { request as askPlain, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as askTls } from 'node:https';
import { DEFAULT_LISTEN, type Listen } from '../web/listen-address.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';

/** For the whole command. Container engines give a check 30 s unless told otherwise. */
const LIMIT_MS = 5_000;

type Address = { readonly host: string; readonly port: number } | { readonly socketPath: string };

/**
 * Asks the exporter that runs on this machine. Any answer will do, a refused login too: a process that answers is alive.
 * Whether it speaks TLS it shows itself, so that the command works also where the web configuration has become wrong.
 */
export const health: Command = async ({ listen, operands: [socketPath] }, terminal) => {
  const address = socketPath === undefined ? addressOf(listen ?? DEFAULT_LISTEN) : { socketPath };
  const limit = AbortSignal.timeout(LIMIT_MS);
  try {
    terminal.print(`alive: ${await ask(address, limit)}`);
    return 0;
  } catch (error) {
    const reason = limit.aborted ? `nothing came within ${LIMIT_MS / 1_000} s` : (error as Error).message;
    terminal.complain(`query-exporter: no answer from ${describe(address)}: ${reason}`);
    return 1;
  }
};

async function ask(address: Address, limit: AbortSignal): Promise<string> {
  try {
    return await answerOf(askPlain({ ...optionsFor(address), signal: limit }));
  } catch (error) {
    // Nobody listens; whoever does, and speaks TLS, ends a connection that begins without.
    if (limit.aborted || (error as NodeJS.ErrnoException).syscall === 'connect') throw error;
  }
  // Nothing is sent that is worth anything, and a certificate does not name the loopback interface.
  return await answerOf(askTls({ ...optionsFor(address), signal: limit, rejectUnauthorized: false }));
}

function optionsFor(address: Address) {
  return { ...address, path: '/-/healthy', agent: false, headers: { Host: 'localhost' } };
}

/** Resolves with what came, in words. Rejects where nothing did. */
function answerOf(request: ClientRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    request.on('response', (response: IncomingMessage) => {
      response.resume();
      resolve(`answers with ${response.statusCode}`);
    });
    let isGreeted = false;
    // There are keys once the other side has said its part of a handshake.
    request.on('socket', (socket) => socket.on('keylog', () => (isGreeted = true)));
    request.on('error', (error) => {
      // Where a certificate of the client is wanted, who has none is cut off after the handshake or in the middle of it.
      if (isGreeted && error.name !== 'AbortError') resolve('wants a certificate of the client');
      else reject(error);
    });
    request.end();
  });
}

function addressOf(listen: Listen): Address {
  if (listen.kind === 'fd') throw new Error('a command line names no file descriptor');
  if (listen.port === 0) throw new UsageError('--bind: port 0 is a free one, and the log of the exporter says which');
  return { host: ANY_ADDRESS[listen.host] ?? listen.host, port: listen.port };
}

/** Where a server is found that listens on every address. */
const ANY_ADDRESS: Readonly<Record<string, string>> = { '': '127.0.0.1', '0.0.0.0': '127.0.0.1', '::': '::1' };

function describe(address: Address): string {
  if ('socketPath' in address) return address.socketPath;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
