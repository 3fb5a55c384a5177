import { isIPv6 } from 'node:net';
import type { Address } from '../../model/plan.ts';

/** `10.0.0.1:3306`, `[::1]:3306` or the path of a socket. */
export function formatAddress(address: Address): string {
  if (address.kind !== 'tcp') return address.path;
  return `${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
}

/** The inverse of {@link formatAddress}; null for anything else. */
export function parseAddress(text: string): Address | null {
  if (text.startsWith('/')) return { kind: 'socket', path: text };
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  return host === undefined ? null : { kind: 'tcp', host, port: Number(match?.[3]) };
}
