import { Malformed } from '../language/malformed.ts';
import { divideUrl, parseHostPort } from '../language/url.ts';
import type { FleetSettings, StoreAddress } from '../model/fleet-terms.ts';
import type { Context } from './context.ts';
import { planPassword } from './credentials.ts';
import type { FleetEntry } from './fleet-schema.ts';
import { planTls } from './tls.ts';

const DEFAULT_NAME = 'default';
const DEFAULT_LEASE_MS = 10_000;
/** With less, a moment of load looks like a death. */
const SHORTEST_LEASE_MS = 3_000;
const PORTS = { store: 6_379, sentinel: 26_379 } as const;
const FORMS = '"redis://HOST", "rediss://HOST" or "redis+sentinel://HOST1,HOST2,HOST3/MASTER"';

const PATH = ['fleet'];

/** Null: this exporter is alone, or what is wrong was said. */
export function planFleet(entry: FleetEntry | undefined, context: Context): FleetSettings | null {
  const { document } = context;
  if (entry === undefined) return null;
  document.requireOneOf(PATH, ['store']);
  const leaseMs = entry.lease ?? DEFAULT_LEASE_MS;
  if (leaseMs < SHORTEST_LEASE_MS) document.refuse([...PATH, 'lease'], 'expected at least 3s');
  if (entry.store === undefined) return null;
  try {
    const place = parseStore(entry.store);
    const address = { kind: 'tcp', host: place.hosts[0]?.host ?? '', port: 0 } as const;
    const given = { mode: place.isEncrypted ? 'verify' : null, caFile: null, certFile: null, keyFile: null } as const;
    const tls = planTls(PATH, entry.tls, given, address, context);
    if (place.master !== null && tls?.mode === 'verify' && tls.serverName === null) {
      document.refuse([...PATH, 'tls'], 'with sentinels it needs "server_name", or the mode verify-ca');
    }
    const { hosts, master, user, database } = place;
    const password = planPassword(PATH, { password_file: entry.password_file }, null, context);
    return {
      name: entry.name ?? DEFAULT_NAME,
      store: { hosts, master, user, password, database, tls },
      leaseMs,
      withoutStore: entry.without_store ?? 'keep',
    };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    for (const problem of error.problems) document.refuse([...PATH, 'store'], problem);
    return null;
  }
}

type Place = Omit<StoreAddress, 'password' | 'tls'> & { readonly isEncrypted: boolean };

/** Throws a {@link Malformed}. */
function parseStore(text: string): Place {
  const [, scheme = '', rest = ''] = /^(redis|rediss|redis\+sentinel):\/\/(.*)$/s.exec(text) ?? [];
  if (scheme === '') throw new Malformed(`expected a URL: ${FORMS}`);
  const { user, password, place, path, query } = divideUrl(rest);
  if (password !== null) throw new Malformed('holds a password: put it into a file and name that in "password_file"');
  if (query !== '') throw new Malformed('has parameters, of which there are none');
  if (place === '') throw new Malformed(`names no host: expected ${FORMS}`);
  const isSentinel = scheme === 'redis+sentinel';
  const port = isSentinel ? PORTS.sentinel : PORTS.store;
  const hosts = place.split(',').map((one) => {
    const given = parseHostPort(one, port);
    return { host: given.host ?? '127.0.0.1', port: given.port ?? port };
  });
  if (!isSentinel && hosts.length > 1) throw new Malformed('names several hosts, which only redis+sentinel:// does');
  if (isSentinel && path === '') throw new Malformed('names no master: redis+sentinel://HOST1,HOST2,HOST3/MASTER');
  if (!isSentinel && !/^\d{0,5}$/.test(path)) throw new Malformed('has a database that is no number');
  return {
    hosts,
    master: isSentinel ? path : null,
    user,
    database: isSentinel ? 0 : Number(path),
    isEncrypted: scheme === 'rediss',
  };
}
