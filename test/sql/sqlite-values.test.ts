import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toText } from '../../src/sql/sqlite/sqlite-values.ts';
import { openSession } from './sqlite-bench.ts';
import { countTo, DatabaseFolder, FRUIT } from './sqlite-files.ts';

describe('values of SQLite', () => {
  it('are the text that SQLite prints, whatever the type', async () => {
    await using file = await openSession(':memory:');
    const numbers = ['1.0', '-0.0', '0.1 + 0.2', '1e15', '1e16', '1e17', '0.0001', '1e-5', '1e100', '1e999', '-1e999'];
    const texts = ['1.0', '0.0', '0.30000000000000004', '1000000000000000.0', '10000000000000000.0', '1.0e+17'];
    texts.push('0.0001', '1.0e-05', '1.0e+100', 'Inf', '-Inf');
    assert.deepEqual((await file.ask(`SELECT ${numbers.join(', ')}`)).rows, [texts]);
    // As SQLite itself says.
    const casts = numbers.map((number) => `CAST(${number} AS TEXT)`).join(', ');
    assert.deepEqual((await file.ask(`SELECT ${casts}`)).rows, [texts]);
    const others = "SELECT -9223372036854775808, 9223372036854775807, true, x'', '', NULL";
    assert.deepEqual((await file.ask(others)).rows, [
      ['-9223372036854775808', '9223372036854775807', '1', '', '', null],
    ]);
  });

  it('stand for the same number and no other', () => {
    for (const number of [1 / 3, 0.1, 5e-324, 123456789012345680, 2 ** 53, -1.7976931348623157e308, 1e21, 1.5e-7]) {
      assert.equal(Number(toText(number)), number);
    }
  });

  it('that are not UTF-8 are mended, and those of binary columns stay as they are', async () => {
    await using file = await openSession(':memory:');
    const cells: number[][] = [];
    await file.run("SELECT CAST(x'41FF42' AS TEXT), x'41FF42'", {
      columns: () => undefined,
      row: (row) => cells.push(...row.cells().map((cell) => [...(cell ?? [])])),
    });
    assert.deepEqual(cells, [[...Buffer.from('A\uFFFDB')], [0x41, 0xff, 0x42]]);
  });

  it('end at a NUL within a text', async () => {
    await using file = await openSession(':memory:');
    assert.deepEqual(await file.askOne("SELECT 'a' || char(0) || 'b'"), ['a']);
  });

  it('come in any number of columns, without bytes too', async () => {
    await using file = await openSession(':memory:');
    const nulls = Array.from({ length: 1_500 }, () => 'NULL').join(', ');
    const { rows } = await file.ask(`SELECT ${nulls} FROM (${countTo(100)})`);
    assert.equal(rows.length, 100);
    assert.ok(rows.every((row) => row.length === 1_500 && row.every((cell) => cell === null)));
  });

  it('come from databases in UTF-16, from R-trees and from full-text indexes', async () => {
    await using folder = await DatabaseFolder.create();
    for (const encoding of ['UTF-8', 'UTF-16le', 'UTF-16be']) {
      const path = folder.database(
        `PRAGMA encoding = '${encoding}'; CREATE TABLE t (x); INSERT INTO t VALUES ('grün 🍐')`,
        `${encoding}.db`,
      );
      await using file = await openSession(path);
      assert.deepEqual(await file.askOne('SELECT x FROM t'), ['grün 🍐'], encoding);
    }
    const path = folder.database(`${FRUIT}
      CREATE VIRTUAL TABLE areas USING rtree(id, x0, x1); INSERT INTO areas VALUES (1, 0, 2), (2, 5, 6);
      CREATE VIRTUAL TABLE texts USING fts5(text); INSERT INTO texts SELECT name || ' tree' FROM fruit;`);
    await using file = await openSession(path);
    assert.deepEqual(await file.askOne('SELECT id FROM areas WHERE x0 < 3'), ['1']);
    assert.deepEqual(await file.askOne("SELECT text FROM texts WHERE texts MATCH 'pear'"), ['pear tree']);
  });
});
