import { basename, join } from 'node:path';
import type { Address } from '../../model/plan.ts';

export const POSTGRES_PORT = 5432;

/** The socket itself: a server makes it under a name that tells its port, and people name the folder. */
export function socketFile(path: string, port = POSTGRES_PORT): string {
  return basename(path).startsWith('.s.PGSQL.') ? path : join(path, `.s.PGSQL.${port}`);
}

/** The same address with the socket itself where only its folder is named. */
export function exactAddress(address: Address): Address {
  return address.kind === 'socket' ? { ...address, path: socketFile(address.path) } : address;
}
