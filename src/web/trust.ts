import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { isLoopback } from '../language/address.ts';

/** Who is trusted, in words. */
export const TO_TRUSTED = 'with basic authentication, over a unix socket, or on this host with --web.trust-loopback';

export interface TrustOptions {
  readonly overUnixSocket: boolean;
  /** Whether everybody who asks over the loopback interface counts as a person on this machine. */
  readonly trustLoopback: boolean;
}

/**
 * Whether a request without a login comes from somebody on this machine. Nothing tells a proxy on it from a person, so the
 * loopback interface counts only where it was said to. A web page can make a browser on this machine ask us under a name
 * of its own (DNS rebinding), so only names that are ours count.
 */
export function isLocal(request: IncomingMessage, { overUnixSocket, trustLoopback }: TrustOptions): boolean {
  const { headers, socket } = request;
  if (headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined) return false;
  // The address is also missing once a client is gone, which must not make it trusted.
  return overUnixSocket || (trustLoopback && isLoopback(socket.remoteAddress ?? '') && isOwnName(headers.host));
}

/**
 * Whether a request was made by a page of another site, which a browser sends with all that it knows of the reader. What
 * is no browser says nothing of where it comes from.
 */
export function isFromElsewhere({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const { origin, host } = headers;
  return origin !== undefined && hostOf(origin) !== host?.toLowerCase();
}

/** Null of `null`, by which a browser hides where it comes from, and of anything else that is no address. */
function hostOf(origin: string): string | null {
  return /^https?:\/\/([^/?#@]+)$/i.exec(origin)?.[1]?.toLowerCase() ?? null;
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
