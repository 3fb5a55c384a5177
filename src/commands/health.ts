import { get } from 'node:http';
import { formatHostPort } from '../language/address.ts';
import { DEFAULT_LISTEN, type Listen } from '../web/listen-address.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';

/** For the whole command. Container engines give a check 30 s unless told otherwise. */
const LIMIT_MS = 5_000;
/** Where a server is found that listens on every address. */
const ANY_ADDRESS: Readonly<Record<string, string>> = { '': '127.0.0.1', '0.0.0.0': '127.0.0.1', '::': '::1' };

type Address = { readonly host: string; readonly port: number } | { readonly socketPath: string };

/**
 * Asks the exporter that runs on this machine. Any answer will do, a refused login or that it wants TLS too: a process
 * that answers is alive.
 */
export const health: Command = async ({ listen, operands: [socketPath] }, terminal) => {
  const address = socketPath === undefined ? addressOf(listen ?? DEFAULT_LISTEN) : { socketPath };
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    terminal.print(`alive: answers with ${await statusOf(address, signal)}`);
    return 0;
  } catch (error) {
    const reason = signal.aborted ? `nothing came within ${LIMIT_MS / 1_000} s` : (error as Error).message;
    terminal.complain(`query-exporter: no answer from ${describe(address)}: ${reason}`);
    return 1;
  }
};

function statusOf(address: Address, signal: AbortSignal): Promise<number | undefined> {
  const options = { ...address, path: '/-/healthy', agent: false, headers: { Host: 'localhost' }, signal };
  return new Promise((resolve, reject) => {
    get(options, (response) => {
      response.destroy();
      resolve(response.statusCode);
    }).once('error', reject);
  });
}

function addressOf(listen: Listen): Address {
  if (listen.kind === 'fd') throw new Error('a command line names no file descriptor');
  if (listen.port === 0) throw new UsageError('--bind: port 0 is a free one, and the log of the exporter says which');
  return { host: ANY_ADDRESS[listen.host] ?? listen.host, port: listen.port };
}

function describe(address: Address): string {
  if ('socketPath' in address) return address.socketPath;
  return formatHostPort(address);
}
