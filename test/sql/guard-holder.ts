/** A process of its own that runs one statement under a guard, until it or its statement is ended. */
import { createRecordLogger } from '../../src/logger.ts';
import { RefreshError } from '../../src/model/failure.ts';
import { createDrivers } from '../../src/sql/drivers.ts';
import { LONG_MS, RowList, requestOf, SetDeadline } from './driver-bench.ts';
import type { FromHolder, HolderStart } from './guard-process.ts';

const { target, sql, guard } = JSON.parse(process.argv[2] ?? '') as HolderStart;
const tell = (message: FromHolder): unknown => process.send?.(message);

await using drivers = createDrivers(
  [target],
  1,
  createRecordLogger(() => undefined),
);
const onStart = (): unknown => tell('started');
const request = requestOf(sql, { guard, onStart });
try {
  const notSent = await drivers.driverFor(target).run(request, new RowList(), new SetDeadline(LONG_MS));
  tell(notSent?.kind ?? 'ran');
} catch (error) {
  tell(error instanceof RefreshError ? error.reason : 'internal');
}
process.disconnect?.();
