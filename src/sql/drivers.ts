import { formatAddress } from '../language/address.ts';
import type { Logger } from '../logger.ts';
import type { Target } from '../model/plan.ts';
import type { EngineName } from '../model/words.ts';
import type { Driver, Drivers } from './driver.ts';
import { BUDGET_OPTIONS, type BudgetOptions } from './mysql/budget.ts';
import { createMysqlDriver } from './mysql/mysql-driver.ts';
import { createMysqlServer, type MysqlServer } from './mysql/mysql-server.ts';
import { type Lookup, NameLookups } from './pool/name-lookups.ts';
import { createSqliteDriver } from './sqlite/sqlite-driver.ts';

/** What a test sets. */
export interface DriversOptions extends Partial<BudgetOptions> {
  readonly lookup?: Lookup;
}

export function createDrivers(targets: readonly Target[], logger: Logger, options: DriversOptions = {}): Drivers {
  return new DriverTable(targets, logger, options);
}

class DriverTable implements Drivers {
  readonly #create: Readonly<Record<EngineName, (target: Target) => Driver>>;
  readonly #servers = new Map<string, MysqlServer>();
  readonly #drivers = new Map<string, Driver>();
  /** Drivers that are no longer asked for and still stop what they left on their servers. */
  readonly #closing = new Set<Promise<void>>();

  constructor(targets: readonly Target[], logger: Logger, options: DriversOptions) {
    const lookups = new NameLookups(options.lookup);
    const serverOf = (target: Target): MysqlServer => {
      const place = formatAddress(target.address);
      const server = this.#servers.get(place) ?? createMysqlServer(lookups, logger, { ...BUDGET_OPTIONS, ...options });
      this.#servers.set(place, server);
      return server;
    };
    this.#create = {
      mysql: (target) => createMysqlDriver(target, serverOf(target)),
      sqlite: createSqliteDriver,
    };
    this.replaceTargets(targets);
  }

  driverFor(target: Target): Driver {
    const key = keyOf(target);
    const driver = this.#drivers.get(key) ?? this.#create[target.engine](target);
    this.#drivers.set(key, driver);
    return driver;
  }

  replaceTargets(targets: readonly Target[]): void {
    const keys = new Set(targets.map(keyOf));
    // The new ones join the budgets before the old ones leave, so that no server is forgotten in between.
    for (const target of targets) this.driverFor(target);
    for (const [key, driver] of this.#drivers) {
      if (keys.has(key)) continue;
      this.#drivers.delete(key);
      this.#close(driver);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.replaceTargets([]);
    await Promise.all(this.#closing);
  }

  #close(driver: Driver): void {
    const closing = driver[Symbol.asyncDispose]().finally(() => {
      this.#closing.delete(closing);
      for (const [place, server] of this.#servers) if (server.budget.isUnused) this.#servers.delete(place);
    });
    this.#closing.add(closing);
  }
}

/** Targets are plain data from the planner, so equal ones are written alike. */
function keyOf(target: Target): string {
  return JSON.stringify(target);
}
