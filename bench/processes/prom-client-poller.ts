/**
 * The shortest exporter with mysql2 and prom-client: rows, `Gauge.set`, `registry.metrics()`, again and again.
 * `prom-client-poller.js MARIADB_PORT USER PASSWORD DATABASE SQL`; prints milliseconds, one line per refresh.
 */
import mysql from 'mysql2/promise';
import { Gauge, Registry } from 'prom-client';
import { LABELS } from '../support/rows.ts';

const [port, user = '', password = '', database = '', sql = ''] = process.argv.slice(2);
const connection = await mysql.createConnection({ host: '127.0.0.1', port: Number(port), user, password, database });
const registry = new Registry();
const gauge = new Gauge({ name: 'orders', help: 'Orders.', labelNames: LABELS, registers: [registry] });

for (;;) {
  const beginMs = performance.now();
  const [rows] = await connection.query<mysql.RowDataPacket[]>(sql);
  gauge.reset();
  for (const { shop, state, customer, n } of rows as Record<string, string>[]) {
    gauge.set({ shop: shop ?? '', state: state ?? '', customer: customer ?? '' }, Number(n));
  }
  await registry.metrics();
  process.stdout.write(`${performance.now() - beginMs}\n`);
}
