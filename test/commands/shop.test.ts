import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { demoConfig } from '../../src/commands/demo/demo-config.ts';
import { startShop } from '../../src/commands/demo/shop.ts';
import { ShopDatabase } from '../../src/commands/demo/shop-database.ts';
import type { Driver } from '../../src/sql/driver.ts';
import { ask } from '../sql/driver-bench.ts';
import { openFile } from '../sql/sqlite-drivers.ts';
import { DatabaseFolder } from '../sql/sqlite-files.ts';

const EVERYTHING = `SELECT state, count(*), sum(id), sum(quantity), sum(product_id) FROM orders GROUP BY state
  UNION ALL SELECT category, cents, 0, 0, 0 FROM takings UNION ALL SELECT name, stock, 0, 0, 0 FROM products`;

describe('the shop of the demo', () => {
  it('is the same for the same seed', async () => {
    await using folder = await DatabaseFolder.create();
    const content = async (name: string, seed: number): Promise<unknown> => {
      using shop = new ShopDatabase(folder.file(name), seed, 1_700_000_000);
      for (let moment = 0; moment < 50; moment++) shop.trade(1_700_000_000 + moment);
      await using driver = openFile(folder.file(name));
      return (await ask(driver, EVERYTHING)).rows;
    };
    const first = await content('a.db', 7);
    assert.deepEqual(await content('b.db', 7), first);
    assert.notDeepEqual(await content('c.db', 8), first);
  });

  it('keeps its size, its shelves filled and its takings growing, however long it trades', async () => {
    await using folder = await DatabaseFolder.create();
    using shop = new ShopDatabase(folder.file('shop.db'), 1, 1_700_000_000);
    await using driver = openFile(folder.file('shop.db'));
    const takings = async (): Promise<number> => Number(await one(driver, 'SELECT sum(cents) FROM takings'));
    let before = await takings();
    for (let hour = 0; hour < 3; hour++) {
      for (let moment = 0; moment < 200; moment++) assert.ok(shop.trade(1_700_000_000) > 0);
      assert.ok((await takings()) > before);
      before = await takings();
    }
    assert.equal(await one(driver, 'SELECT count(*) FROM orders'), '6000');
    assert.equal(await one(driver, 'SELECT count(DISTINCT state) FROM orders'), '6');
    assert.equal(await one(driver, 'SELECT count(*) FROM products WHERE stock < 20'), '0');
  });

  it('goes on trading while it is read, and neither waits for the other', async () => {
    await using shop = await startShop({ everyMs: 1 });
    await using driver = openFile(shop.path);
    const before = shop.changes;
    for (let turn = 0; turn < 20; turn++) {
      // An order and its state change in one transaction with the rest, so every look finds the shop whole.
      assert.equal(await one(driver, 'SELECT count(*) FROM orders'), '6000');
      assert.equal(await one(driver, 'PRAGMA integrity_check'), 'ok');
    }
    assert.ok(shop.changes > before + 10, `only ${shop.changes - before} rows changed`);
  });

  it('is gone, with its folder, when it is closed', async () => {
    const shop = await startShop();
    assert.ok(existsSync(shop.path));
    await shop[Symbol.asyncDispose]();
    assert.equal(existsSync(dirname(shop.path)), false);
  });
});

describe('the configuration of the demo', () => {
  it('asks for columns that its metrics find', async () => {
    await using shop = await startShop();
    await using driver = openFile(shop.path);
    const config: DemoConfig = parse(demoConfig(shop.path));
    assert.equal(config.targets.shop.dsn, `sqlite:${shop.path}`);
    assert.equal(Object.keys(config.queries).length, 5);
    for (const [name, query] of Object.entries(config.queries)) {
      // The slow query is slow by the number of orders that it compares.
      const { names, rows } = await ask(driver, query.sql.replace('limit 5500', 'limit 50'));
      assert.ok(rows.length > 0, name);
      for (const metric of Object.values(query.metrics)) {
        assert.ok(metric.description.length > 0);
        for (const column of [...metric.labels, metric.value]) assert.ok(names?.includes(column), `${name}: ${column}`);
      }
    }
  });
});

interface DemoConfig {
  readonly targets: { readonly shop: { readonly dsn: string } };
  readonly queries: Readonly<
    Record<string, { readonly sql: string; readonly metrics: Readonly<Record<string, Metric>> }>
  >;
}

interface Metric {
  readonly description: string;
  readonly labels: readonly string[];
  readonly value: string;
}

async function one(driver: Driver, sql: string): Promise<string | null | undefined> {
  return (await ask(driver, sql)).rows[0]?.[0];
}
