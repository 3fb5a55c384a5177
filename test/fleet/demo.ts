/* A part of `npm run test:fleet`: the fleet that people try out first. */
import assert from 'node:assert/strict';
import { delimiter, dirname } from 'node:path';
import { it } from 'node:test';
import { Program, samplesOf } from '../end-to-end/program.ts';
import { until } from '../support/daemon.ts';
import { requireTool } from '../support/tools.ts';

/** What never happens is given up after this. */
const LIMIT_MS = 120_000;

it('the demo of a fleet shows both shops on both exporters, survives what it says may be killed, and ends whole', async () => {
  const { path, env } = await requireTool('redis-server');
  const PATH = `${dirname(path)}${delimiter}${env['PATH'] ?? ''}`;
  const demo = new Program(['demo', '--fleet'], { ...env, PATH });
  let pids: readonly number[] = [];
  try {
    await until('the demo to explain itself', LIMIT_MS, () => {
      assert.equal(demo.status, null, demo.stderr);
      return demo.stdout.includes('Ctrl-C ends the demo') || undefined;
    });
    const shown = [...demo.stdout.matchAll(/(http:\/\/\S+:\d+)\/ +process (\d+)/g)];
    const exporters = shown.map(([, url, pid]) => ({ url, pid: Number(pid) }));
    const [first, second] = exporters;
    assert.ok(first && second && exporters.length === 2);
    const store = Number(/store.*kill -9 (\d+)/.exec(demo.stdout)?.[1]);
    const scrape = async (url = '') => (await fetch(`${url}/metrics`)).text();
    for (const { url } of exporters) {
      await until(`both shops on ${url}`, LIMIT_MS, async () => {
        const orders = Object.keys(samplesOf(await scrape(url), 'shop_orders')).join();
        return (orders.includes('target="shop1"') && orders.includes('target="shop2"')) || undefined;
      });
    }
    process.kill(first.pid, 'SIGKILL');
    await until('the other one to have both shops', LIMIT_MS, async () =>
      samplesOf(await scrape(second.url), 'query_exporter_fleet_owned_servers')[''] === 2 ? true : undefined,
    );
    pids = [first.pid, second.pid, store];
  } finally {
    // Killed, it would leave what it has started.
    demo.signal('SIGINT');
    await demo.ended;
  }
  assert.equal(demo.status, 0, demo.stderr);
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});
