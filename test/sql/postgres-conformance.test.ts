import { describeDriver } from './driver-conformance.ts';
import { openPostgres, POSTGRES_SQL, SKIPS, startShop } from './postgres-drivers.ts';

describeDriver('PostgreSQL', async () => {
  const server = await startShop();
  return {
    open: (overrides) => openPostgres(server.port, overrides),
    sql: POSTGRES_SQL,
    skips: SKIPS,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
});
