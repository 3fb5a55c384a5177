import type { Mariadb } from '../../test/support/mariadb.ts';
import { startOrders } from './orders.ts';

/** So many addresses of this machine, all on loopback. */
export function loopbackHosts(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `127.0.${1 + (i >> 8)}.${i & 255}`);
}

/** One MariaDB that answers at every one of these addresses, so that each counts as a server of its own. */
export function startFleet(hosts: readonly string[]): Promise<Mariadb> {
  return startOrders([`--bind-address=${['127.0.0.1', ...hosts].join(',')}`]);
}

export async function countConnections(mariadb: Mariadb): Promise<number> {
  return (await mariadb.processlist()).length;
}
