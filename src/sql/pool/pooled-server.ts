import type { Logger } from '../../logger.ts';
import type { Engine } from '../engine.ts';
import type { EngineSessions } from '../session.ts';
import { ConnectionPool, type PoolOptions } from './connection-pool.ts';
import type { NameLookups } from './name-lookups.ts';
import type { Semaphore } from './semaphore.ts';
import type { SessionCap } from './session-cap.ts';
import { StatementKiller } from './statement-killer.ts';
import { UnconfirmedStops } from './unconfirmed-stops.ts';

/** What the targets of one server share. */
export interface Server {
  readonly pool: ConnectionPool;
  readonly killer: StatementKiller;
  readonly unconfirmed: UnconfirmedStops;
  readonly sessions: () => Promise<EngineSessions>;
  readonly lookups: NameLookups;
}

export interface ServerOptions {
  readonly lookups: NameLookups;
  readonly running: Semaphore;
  readonly cap: SessionCap | null;
  readonly logger: Logger;
  readonly pool: PoolOptions;
}

export function createServer(engine: Engine, { lookups, running, cap, logger, pool }: ServerOptions): Server {
  const sessions = (): Promise<EngineSessions> => engine.load();
  return {
    pool: new ConnectionPool(running, cap, pool),
    killer: new StatementKiller(sessions, logger),
    unconfirmed: new UnconfirmedStops(),
    sessions,
    lookups,
  };
}
