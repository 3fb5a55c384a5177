import { DatabaseSync } from '@photostructure/sqlite';
import { type Chance, createChance } from './chance.ts';

const CUSTOMERS = 800;
/** Older ones are forgotten, so that the shop stays as small however long it is open. */
const ORDERS_KEPT = 6_000;
/** Before the shop opened. */
const SECONDS_BETWEEN_ORDERS = 30;
const REFILL_BELOW = 20;
const REFILL = 150;

const CITIES = ['Busan', 'Cebu', 'Helsinki', 'Lagos', 'Lima', 'Porto', 'Seoul', 'Turin'];
const PRODUCTS: readonly [name: string, category: string, cents: number][] = [
  ['Espresso beans', 'coffee', 1_450],
  ['Filter beans', 'coffee', 1_290],
  ['Decaf beans', 'coffee', 1_390],
  ['Green tea', 'tea', 890],
  ['Oolong', 'tea', 1_190],
  ['Rooibos', 'tea', 690],
  ['Moka pot', 'tools', 3_490],
  ['Hand grinder', 'tools', 7_900],
  ['Scale', 'tools', 2_990],
  ['Kettle', 'tools', 5_490],
  ['Cup "classic"', 'cups', 990],
  ['Cup, double-walled', 'cups', 1_590],
];

const SCHEMA = `
  CREATE TABLE customers (id INTEGER PRIMARY KEY, city TEXT NOT NULL);
  CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL,
    price_cents INTEGER NOT NULL, stock INTEGER NOT NULL);
  CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers,
    product_id INTEGER NOT NULL REFERENCES products, quantity INTEGER NOT NULL, state TEXT NOT NULL,
    placed_at INTEGER NOT NULL);
  CREATE INDEX orders_by_state ON orders (state);
  -- Only ever grows, as the source of a counter must.
  CREATE TABLE takings (category TEXT PRIMARY KEY, cents INTEGER NOT NULL) WITHOUT ROWID;`;

/** What becomes of an order, and how often it does so when its turn comes. */
const NEXT_STATES: readonly [from: string, to: string, chance: number][] = [
  ['packed', 'shipped', 0.5],
  ['paid', 'packed', 0.6],
  ['new', 'paid', 0.7],
  ['new', 'cancelled', 0.1],
  ['shipped', 'delivered', 0.3],
];

/** A shop on SQLite. The same seed gives the same shop, apart from the times of its orders. */
export class ShopDatabase implements Disposable {
  readonly #database: InstanceType<typeof DatabaseSync>;
  readonly #chance: Chance;

  constructor(path: string, seed: number, nowSeconds: number) {
    this.#chance = createChance(seed);
    this.#database = new DatabaseSync(path);
    // Nobody needs this data after a power failure. With a write-ahead log those who read keep nobody from writing.
    this.#database.exec('PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL');
    this.#inTransaction(() => this.#fill(nowSeconds));
  }

  /** One moment in the life of the shop, one short transaction. Returns how many rows changed. */
  trade(nowSeconds: number): number {
    return this.#inTransaction(() => {
      let changes = this.#moveOrdersOn();
      for (let orders = this.#chance.upTo(3); orders > 0; orders--) changes += this.#placeOrder('new', nowSeconds);
      const newest = this.#row('SELECT max(id) AS id FROM orders').id ?? 0;
      changes += this.#run('DELETE FROM orders WHERE id <= ?', newest - ORDERS_KEPT);
      return changes + this.#run('UPDATE products SET stock = stock + ? WHERE stock < ?', REFILL, REFILL_BELOW);
    });
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #fill(nowSeconds: number): void {
    this.#database.exec(SCHEMA);
    for (let customer = 0; customer < CUSTOMERS; customer++) {
      this.#run('INSERT INTO customers (city) VALUES (?)', this.#chance.pick(CITIES));
    }
    for (const [name, category, cents] of PRODUCTS) {
      const stock = REFILL_BELOW + this.#chance.upTo(REFILL);
      this.#run(
        'INSERT INTO products (name, category, price_cents, stock) VALUES (?, ?, ?, ?)',
        name,
        category,
        cents,
        stock,
      );
      this.#run('INSERT OR IGNORE INTO takings VALUES (?, 0)', category);
    }
    const states = ['new', 'paid', 'packed', 'shipped', 'delivered', 'delivered', 'delivered', 'cancelled'];
    for (let order = ORDERS_KEPT; order > 0; order--) {
      this.#placeOrder(this.#chance.pick(states), nowSeconds - order * SECONDS_BETWEEN_ORDERS);
    }
  }

  #placeOrder(state: string, placedAt: number): number {
    const product = 1 + this.#chance.upTo(PRODUCTS.length);
    const quantity = 1 + this.#chance.upTo(3);
    return this.#run(
      'INSERT INTO orders (customer_id, product_id, quantity, state, placed_at) VALUES (?, ?, ?, ?, ?)',
      1 + this.#chance.upTo(CUSTOMERS),
      product,
      quantity,
      state,
      placedAt,
    );
  }

  /** Takes some of the oldest orders of each state; paying is what fills the till and empties the shelves. */
  #moveOrdersOn(): number {
    let changes = 0;
    for (const [from, to, chance] of NEXT_STATES) {
      for (let turns = 2; turns > 0; turns--) {
        if (!this.#chance.happens(chance)) continue;
        const sql = 'SELECT id, product_id AS product, quantity FROM orders WHERE state = ? ORDER BY id LIMIT 1';
        const { id, product = 0, quantity = 0 } = this.#row(sql, from);
        if (id === undefined) continue;
        changes += this.#run('UPDATE orders SET state = ? WHERE id = ?', to, id);
        if (to === 'paid') changes += this.#sell(product, quantity);
      }
    }
    return changes;
  }

  #sell(product: number, quantity: number): number {
    return (
      this.#run('UPDATE products SET stock = max(0, stock - ?) WHERE id = ?', quantity, product) +
      this.#run(
        `UPDATE takings SET cents = cents + ? * (SELECT price_cents FROM products WHERE id = ?)
         WHERE category = (SELECT category FROM products WHERE id = ?)`,
        quantity,
        product,
        product,
      )
    );
  }

  #inTransaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #run(sql: string, ...values: (number | string)[]): number {
    return Number(this.#database.prepare(sql).run(...values).changes);
  }

  /** Empty where no row comes. */
  #row(sql: string, ...values: string[]): Partial<Record<'id' | 'product' | 'quantity', number>> {
    return this.#database.prepare(sql).get(...values) ?? {};
  }
}
