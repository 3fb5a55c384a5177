import type { Logger } from '../logger.ts';
import { serverKeyOf, type Target } from '../model/plan.ts';
import type { Protection, ServerFacts } from '../model/server-facts.ts';
import type { EngineName, TargetName } from '../model/words.ts';
import type { Driver, Drivers } from './driver.ts';
import { engineNamed } from './engines.ts';
import { POOL_OPTIONS, type PoolOptions } from './pool/connection-pool.ts';
import { type Lookup, NameLookups } from './pool/name-lookups.ts';
import { PooledDriver } from './pool/pooled-driver.ts';
import { createServer, type Server } from './pool/pooled-server.ts';
import { Semaphore } from './pool/semaphore.ts';
import { SessionCap } from './pool/session-cap.ts';
import type { LockHolder } from './session.ts';

export interface DriversOptions extends Partial<PoolOptions> {
  readonly lookup?: Lookup;
  /** Something new is known of a target's server. */
  readonly onFacts?: (target: TargetName, facts: ServerFacts) => void;
  /** A statement of the target was to be stopped, and nobody saw it end. */
  readonly onUnconfirmedStop?: (target: TargetName) => void;
}

export function createDrivers(
  targets: readonly Target[],
  maxRunning: number,
  logger: Logger,
  options: DriversOptions = {},
): Drivers {
  return new DriverTable(targets, maxRunning, logger, options);
}

class DriverTable implements Drivers {
  readonly #logger: Logger;
  readonly #options: PoolOptions;
  readonly #lookups: NameLookups;
  readonly #running: Semaphore;
  readonly #events: Pick<DriversOptions, 'onFacts' | 'onUnconfirmedStop'>;
  readonly #caps = new Map<EngineName, SessionCap>();
  readonly #servers = new Map<string, Server>();
  readonly #drivers = new Map<string, Driver>();
  /** Drivers that are no longer asked for and still stop what they left on their servers. */
  readonly #closing = new Set<Promise<void>>();

  constructor(targets: readonly Target[], maxRunning: number, logger: Logger, options: DriversOptions) {
    this.#logger = logger;
    this.#options = { ...POOL_OPTIONS, ...options };
    this.#lookups = new NameLookups(options.lookup);
    this.#running = new Semaphore(maxRunning);
    this.#events = options;
    this.replaceTargets(targets, maxRunning);
  }

  driverFor(target: Target): Driver {
    const key = keyOf(target);
    const driver = this.#drivers.get(key) ?? this.#create(target);
    this.#drivers.set(key, driver);
    return driver;
  }

  #create(target: Target): Driver {
    const logger = this.#logger.with({ target: target.name });
    const said = new Set<Protection>();
    const onFacts = (facts: ServerFacts): void => {
      for (const [protection, why] of Object.entries(facts.missing) as [Protection, string][]) {
        if (said.has(protection)) continue;
        said.add(protection);
        logger.warn('a protection of the server is missing', { protection, why });
      }
      this.#events.onFacts?.(target.name, facts);
    };
    const onUnconfirmedStop = (): void => this.#events.onUnconfirmedStop?.(target.name);
    const onTakeover = ({ connectionId, marker }: LockHolder): void => {
      const fields = { connection: connectionId, statement: marker ?? undefined };
      logger.info('stopped a statement that another exporter left running', fields);
    };
    return new PooledDriver(target, this.#serverOf(target), { onFacts, onUnconfirmedStop, onTakeover });
  }

  replaceTargets(targets: readonly Target[], maxRunning: number): void {
    this.#running.setLimit(maxRunning);
    const keys = new Set(targets.map(keyOf));
    // The new ones join their pools before the old ones leave, so that no server is forgotten in between.
    for (const target of targets) this.driverFor(target).forget();
    for (const [key, driver] of this.#drivers) {
      if (keys.has(key)) continue;
      this.#drivers.delete(key);
      this.#close(driver);
    }
  }

  async close(targets: readonly Target[]): Promise<void> {
    for (const key of targets.map(keyOf)) {
      const driver = this.#drivers.get(key);
      this.#drivers.delete(key);
      if (driver !== undefined) this.#close(driver);
    }
    await Promise.all(this.#closing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.replaceTargets([], 0);
    await Promise.all(this.#closing);
  }

  #serverOf(target: Target): Server {
    const { engine: name } = target;
    const key = serverKeyOf(target);
    const known = this.#servers.get(key);
    if (known !== undefined) return known;
    const engine = engineNamed(name);
    const server = createServer(engine, {
      lookups: this.#lookups,
      running: this.#running,
      cap: engine.maxSessions === null ? null : this.#capOf(name, engine.maxSessions),
      logger: this.#logger,
      pool: this.#options,
    });
    this.#servers.set(key, server);
    return server;
  }

  #capOf(name: EngineName, limit: number): SessionCap {
    const cap = this.#caps.get(name) ?? new SessionCap(limit);
    this.#caps.set(name, cap);
    return cap;
  }

  #close(driver: Driver): void {
    const closing = driver[Symbol.asyncDispose]().finally(() => {
      this.#closing.delete(closing);
      for (const [key, { pool }] of this.#servers) {
        if (!pool.isUnused) continue;
        pool.retire();
        this.#servers.delete(key);
      }
    });
    this.#closing.add(closing);
  }
}

/** Targets are plain data from the planner, so equal ones are written alike. */
function keyOf(target: Target): string {
  return JSON.stringify(target);
}
