import { createRecordLogger } from '../../src/logger.ts';
import type { Target } from '../../src/model/plan.ts';
import type { Driver } from '../../src/sql/driver.ts';
import { createDrivers } from '../../src/sql/drivers.ts';
import { fileTarget } from './sqlite-files.ts';

/** A driver of a database file that shares nothing with others; the caller closes it. */
export function openFile(path: string, overrides: Partial<Target> = {}): Driver {
  const logger = createRecordLogger(() => undefined);
  return createDrivers([], 8, logger).driverFor(fileTarget(path, overrides));
}
