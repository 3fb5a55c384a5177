import { type Mariadb, startMariadb } from '../../test/support/mariadb.ts';

/** Rows in the table, and so the largest result that can be asked for. */
export const MOST_ROWS = 1_000_000;

export const DATABASE = 'bench';
/** A result of this many rows, each with three labels and a number, none twice. */
export function selectOrders(rows: number): string {
  return `SELECT shop, state, customer, n FROM orders LIMIT ${rows}`;
}

/** MyISAM, since a table scan that keeps the server busy would hide what its clients cost. */
export async function startOrders(flags: readonly string[] = []): Promise<Mariadb> {
  const mariadb = await startMariadb({ databases: [DATABASE], flags: ['--max-connections=2000', ...flags] });
  await mariadb.query(`USE ${DATABASE}`);
  await mariadb.query(
    'CREATE TABLE orders (shop VARCHAR(16), state VARCHAR(16), customer VARCHAR(24), n BIGINT) ENGINE=MyISAM',
  );
  await mariadb.query(
    `INSERT INTO orders SELECT CONCAT('shop-', seq MOD 977), CONCAT('st', seq MOD 13), CONCAT('customer_', seq),
     (seq * 7919) MOD 100003 FROM seq_1_to_${MOST_ROWS}`,
  );
  return mariadb;
}

/** SELECTs that clients have begun, those of the tests themselves not counted: they use SHOW. */
export async function countSelects(mariadb: Mariadb): Promise<number> {
  const [row] = await mariadb.query(`SHOW GLOBAL STATUS LIKE 'Com_select'`);
  const { Value: count } = row ?? {};
  return Number(count);
}
