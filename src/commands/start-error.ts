import { formatHostPort } from '../language/address.ts';
import type { Listen } from '../web/listen-address.ts';

/** The machine does not allow what was asked for, such as a port in use. The message is one line for the user. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** What kept the web server from listening, as a line for the user; any other error as it is. */
export function toStartError(error: unknown, listen: Listen): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  const address = listen.kind === 'tcp' ? formatHostPort(listen) : `file descriptor ${listen.fd}`;
  if (code === 'EADDRINUSE') {
    const owner =
      listen.kind === 'tcp' && listen.port === 9104 ? ' (by mysqld_exporter, perhaps: its default is 9104 too)' : '';
    return new StartError(`cannot listen on ${address}: the port is in use${owner} (EADDRINUSE)`);
  }
  const problem = LISTEN_PROBLEMS.get(code ?? '');
  return problem === undefined ? error : new StartError(`cannot listen on ${address}: ${problem} (${code})`);
}

const LISTEN_PROBLEMS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'this user may not use the port'],
  ['EADDRNOTAVAIL', 'no such address on this machine'],
  ['EAFNOSUPPORT', 'this machine has no addresses of this kind'],
  ['EINVAL', 'it is no whole address: one that begins with fe80: needs a zone, such as %eth0'],
  ['ENOTFOUND', 'the host name is not known'],
  ['EAI_AGAIN', 'no name server says where the host is'],
]);
