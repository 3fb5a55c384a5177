import type { Logger } from '../../logger.ts';
import { Budget, type BudgetOptions } from './budget.ts';
import { Killer } from './killer.ts';
import type { NameLookups } from '../pool/name-lookups.ts';

/** What the targets of one address share. */
export interface MysqlServer {
  readonly budget: Budget;
  readonly killer: Killer;
  readonly lookups: NameLookups;
}

export function createMysqlServer(lookups: NameLookups, logger: Logger, options: BudgetOptions): MysqlServer {
  return { budget: new Budget(options), killer: new Killer(lookups, logger), lookups };
}
