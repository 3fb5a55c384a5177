import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSelection } from '../../src/web/read-selection.ts';
import { toTargetGroups } from '../../src/web/service-discovery.ts';
import { ask, talk } from './ask.ts';
import { serve, toDownTarget, toStatus, toTarget } from './fixtures.ts';

const PAGE = { scheme: 'https', host: 'exporter.example.com:9104', path: '/metrics' } as const;

test('each database is a scrape target of its own, also while it is down', () => {
  const targets = [
    toTarget({ name: 'shop:eu', engine: 'postgres', address: '[::1]:5432', groups: ['prod', 'shop'] }),
    toDownTarget({ name: 'lab', engine: 'sqlite', address: '/srv/lab.db', groups: [] }),
  ];
  assert.deepEqual(toTargetGroups(targets, PAGE), [
    {
      targets: ['exporter.example.com:9104'],
      labels: {
        __scheme__: 'https',
        __metrics_path__: '/metrics',
        __param_target: 'shop:eu',
        instance: 'shop:eu',
        __meta_query_exporter_target: 'shop:eu',
        __meta_query_exporter_engine: 'postgres',
        __meta_query_exporter_address: '[::1]:5432',
        __meta_query_exporter_groups: ',prod,shop,',
      },
    },
    {
      targets: ['exporter.example.com:9104'],
      labels: {
        __scheme__: 'https',
        __metrics_path__: '/metrics',
        __param_target: 'lab',
        instance: 'lab',
        __meta_query_exporter_target: 'lab',
        __meta_query_exporter_engine: 'sqlite',
        __meta_query_exporter_address: '/srv/lab.db',
        __meta_query_exporter_groups: ',,',
      },
    },
  ]);
});

test('the parameter handed out is one that the metrics page reads', () => {
  const [group] = toTargetGroups([toTarget()], PAGE);
  const [name] = Object.keys(group?.labels ?? {}).filter((label) => label.startsWith('__param_'));
  assert.deepEqual(readSelection(`/metrics?${name?.replace('__param_', '')}=prod01`), {
    kind: 'some',
    selection: { queries: [], targets: ['prod01'], groups: [], collectors: [] },
  });
});

test('the targets are answered as JSON, with the host that was asked and the path in force', async () => {
  const targets = [toTarget({ name: 'a' }), toTarget({ name: 'b' })];
  await using server = await serve({ telemetryPath: '/values', status: () => toStatus({ targets }) });
  const reply = await ask(server, '/api/v1/sd', { headers: { Host: 'exporter.example.com:9104' } });
  assert.equal(reply.status, 200);
  // Prometheus takes no other type.
  assert.match(reply.headers['content-type'] ?? '', /^application\/json; charset=utf-8$/);
  assert.deepEqual(
    JSON.parse(reply.text),
    toTargetGroups(targets, { scheme: 'http', host: 'exporter.example.com:9104', path: '/values' }),
  );
  const head = await ask(server, '/api/v1/sd', { method: 'HEAD' });
  assert.deepEqual([head.status, head.text], [200, '']);
});

test('without a target the list is empty, since Prometheus keeps the old one where there is none', async () => {
  await using server = await serve({ status: () => toStatus({ targets: [] }) });
  assert.equal((await ask(server, '/api/v1/sd')).text, '[]');
});

test('a request that does not say which host it asks is refused', async () => {
  await using server = await serve();
  for (const request of ['GET /api/v1/sd HTTP/1.0\r\n', 'GET /api/v1/sd HTTP/1.1\r\nHost:\r\n']) {
    const answer = await talk(server, `${request}\r\n`);
    assert.match(answer, /^HTTP\/1\.1 400 [\s\S]*told under the Host of the request, which has none\n$/);
  }
});

test('thousands of targets come compressed', async () => {
  const targets = Array.from({ length: 5_000 }, (_, index) => toTarget({ name: `t${index}` }));
  await using server = await serve({ status: () => toStatus({ targets }) });
  const plain = await ask(server, '/api/v1/sd');
  assert.equal(JSON.parse(plain.text).length, 5_000);
  const reply = await ask(server, '/api/v1/sd', { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(reply.headers['content-encoding'], 'gzip');
  assert.ok(reply.body.length < plain.body.length / 10, `${reply.body.length} of ${plain.body.length}`);
});
