import { describeDriver } from './driver-conformance.ts';
import { openFile } from './sqlite-drivers.ts';
import { countTo, DatabaseFolder, ENDLESS, FRUIT } from './sqlite-files.ts';

describeDriver('SQLite', async () => {
  const folder = await DatabaseFolder.create();
  const path = folder.database(FRUIT);
  return {
    open: (overrides) => openFile(path, overrides),
    sql: {
      count: countTo,
      bigCell: (bytes) => `SELECT substr(hex(zeroblob(${Math.ceil(bytes / 2)})), 1, ${bytes}) AS t`,
      endless: ENDLESS,
      withoutResult: ['PRAGMA cache_size = 100', '-- nothing', '', ';', 'COMMIT'],
      init: {
        statement: "CREATE TEMP TABLE ripe AS SELECT name FROM fruit WHERE name LIKE 'p%'",
        probe: 'SELECT name FROM ripe',
        expected: 'pear',
      },
      leak: { statements: ['PRAGMA journal_size_limit = 77'], probe: 'PRAGMA journal_size_limit', expected: '-1' },
    },
    skips: { guard: "a file is the host's own, and SQLite has no locks by name" },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});
