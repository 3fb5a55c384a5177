import { get } from 'node:http';
import { DEFAULT_LISTEN, type Listen } from '../web/listen-address.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';

/** A container runtime asks every half minute or so, and waits about as long. */
const LIMIT_MS = 5_000;
/** A server that listens on every address is asked on this one. */
const LOOPBACK: Readonly<Record<string, string>> = { '': '127.0.0.1', '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Asks the exporter on this machine whether it is alive. Whatever it answers, it is; with TLS, that it wants TLS. */
export const health: Command = async ({ listen }, terminal) => {
  const address = listen ?? DEFAULT_LISTEN;
  const problem = await ask(address);
  if (problem === null) terminal.print('alive');
  else terminal.complain(`query-exporter: ${problem}`);
  return problem === null ? 0 : 1;
};

function ask(listen: Listen): Promise<string | null> {
  if (listen.kind !== 'tcp' || listen.port === 0) throw new UsageError('health: --bind: expected the port that it has');
  const { port } = listen;
  const host = LOOPBACK[listen.host] ?? listen.host;
  const signal = AbortSignal.timeout(LIMIT_MS);
  return new Promise((resolve) => {
    get({ host, port, path: '/-/healthy', agent: false, signal }, (response) => {
      response.destroy();
      resolve(null);
    }).once('error', (error: NodeJS.ErrnoException) => {
      const why = signal.aborted ? `nothing within ${LIMIT_MS / 1_000} s` : (error.code ?? error.message);
      resolve(`no answer from ${host}:${port}: ${why}`);
    });
  });
}
