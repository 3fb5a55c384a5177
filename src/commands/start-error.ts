import type { Listen } from '../web/listen-address.ts';

/** The machine does not allow what was asked for, such as a port in use. The message is one line for the user. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** What kept the web server from listening, as a line for the user; any other error as it is. */
export function toStartError(error: unknown, listen: Listen): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  const address = listen.kind === 'tcp' ? `${listen.host}:${listen.port}` : `file descriptor ${listen.fd}`;
  if (code === 'EADDRINUSE') {
    const owner =
      listen.kind === 'tcp' && listen.port === 9104 ? ' (by mysqld_exporter, perhaps: its default is 9104 too)' : '';
    return new StartError(`cannot listen on ${address}: the port is in use${owner} (EADDRINUSE)`);
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new StartError(`cannot listen on ${address}: ${LISTEN_PROBLEMS[code]} (${code})`);
  }
  return error;
}

const LISTEN_PROBLEMS = {
  EACCES: 'this user may not use the port',
  EADDRNOTAVAIL: 'no such address on this machine',
  ENOTFOUND: 'the host name is not known',
} as const;
