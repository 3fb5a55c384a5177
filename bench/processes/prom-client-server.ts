/** What prom-client's own documentation shows, `registry.metrics()` per request: `prom-client-server.js PORT SERIES`. */
import { createServer } from 'node:http';
import { Gauge, Registry } from 'prom-client';
import { createOrders, LABELS } from '../support/rows.ts';

const [port, series] = process.argv.slice(2).map(Number);
const registry = new Registry();
const gauge = new Gauge({ name: 'orders', help: 'Orders.', labelNames: LABELS, registers: [registry] });
for (const [shop, state, customer, n] of createOrders(series ?? 0)) gauge.set({ shop, state, customer }, Number(n));

createServer(async (_request, response) => {
  const text = await registry.metrics();
  response.setHeader('Content-Type', registry.contentType);
  response.end(text);
}).listen(port, '127.0.0.1');
