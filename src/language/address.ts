import { isIPv6 } from 'node:net';
import type { Address } from '../model/plan.ts';

/**
 * `10.0.0.1:3306`, `[::1]:3306`, `db1:3306` or a path. Addresses that name the same place in other letters give the same
 * text, so that it is also the key of a server.
 */
export function formatAddress(address: Address): string {
  if (address.kind !== 'tcp') return address.path;
  return formatHostPort({ host: address.host.toLowerCase(), port: address.port });
}

/** The host as it is written, in brackets where its colons would be taken for that of the port. */
export function formatHostPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** The inverse of {@link formatAddress}; null for anything else. */
export function parseAddress(text: string): Address | null {
  if (text.startsWith('/')) return { kind: 'socket', path: text };
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  return host === undefined ? null : { kind: 'tcp', host, port: Number(match?.[3]) };
}

/** Whether a host is this machine, whatever names others give it. */
export function isLoopback(host: string): boolean {
  return /^(?:(?:::ffff:)?127(?:\.\d+){3}|::1|localhost)$/i.test(host);
}
