import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { isLoopback } from '../language/address.ts';

/**
 * Whether a request comes from this machine. What a proxy passes on may come from anywhere; and a web page can make a
 * browser on this machine ask us under a name of its own (DNS rebinding), so only names that are ours count.
 */
export function isLocal(request: IncomingMessage, overUnixSocket: boolean): boolean {
  const { headers, socket } = request;
  if (headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined) return false;
  // The address is also missing once a client is gone, which must not make it trusted.
  return overUnixSocket || (isLoopback(socket.remoteAddress ?? '') && isOwnName(headers.host));
}

function isOwnName(host: string | undefined): boolean {
  // HTTP/1.0 needs no Host, and no browser speaks it.
  if (host === undefined) return true;
  const name = host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  const own = hostname().toLowerCase();
  return isIP(name) !== 0 || name === 'localhost' || name === own || name === own.split('.')[0];
}
