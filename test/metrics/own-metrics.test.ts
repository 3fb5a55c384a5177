import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { renderHeader, renderLabels, renderLine } from '../../src/metrics/exposition-text.ts';
import { ProcessMetrics } from '../../src/metrics/process-metrics.ts';
import { OWN_FAMILIES, OWN_METRIC_NAMES, ownMetricName, PROCESS_FAMILIES } from '../../src/model/own-metrics.ts';
import { checkMetrics } from '../support/prometheus.ts';

describe('own metrics', () => {
  it('have names, help and types that the linter of Prometheus accepts', async () => {
    const page = [...OWN_FAMILIES, ...PROCESS_FAMILIES].map(({ name, type, help, labelNames }) => {
      const labels = Object.fromEntries(labelNames.map((label) => [label, 'x']));
      return renderHeader(name, type, help) + renderLine(name, renderLabels(labels), 1);
    });
    const checked = await checkMetrics(page.join(''));
    assert.deepEqual(checked, { ok: true, output: '' });
  });

  it('reserve their full names', () => {
    assert.ok(OWN_METRIC_NAMES.has('query_exporter_query_up'));
    assert.ok(OWN_METRIC_NAMES.has('process_open_fds'));
    assert.equal(OWN_METRIC_NAMES.size, OWN_FAMILIES.length + PROCESS_FAMILIES.length);
  });

  it('are rendered with labels in alphabetical order and escaped', () => {
    const labels = renderLabels({ target: 'a"\n', query: 'q', reason: 'lost' });
    const line = renderLine(ownMetricName('query_failures_total'), labels, 3);
    assert.equal(line, 'query_exporter_query_failures_total{query="q",reason="lost",target="a\\"\\n"} 3\n');
  });
});

describe('process metrics', () => {
  it('tell about this process', () => {
    using metrics = new ProcessMetrics();
    const lines = metrics.collect().map((part) => Buffer.from(part.text).toString());
    const values = new Map(lines.map((line) => line.trimEnd().split(' ') as [string, string]));
    const numberOf = (name: string) => Number(values.get(name));
    assert.ok(numberOf('process_cpu_seconds_total') > 0);
    assert.ok(numberOf('process_virtual_memory_bytes') > numberOf('process_resident_memory_bytes'));
    assert.ok(Math.abs(numberOf('process_start_time_seconds') - Date.now() / 1000) < 3600);
    assert.ok(numberOf('process_open_fds') >= 3 && numberOf('process_open_fds') <= numberOf('process_max_fds'));
    assert.ok(numberOf('nodejs_heap_size_used_bytes') > 1e6);
    assert.equal(values.has('nodejs_eventloop_lag_p99_seconds'), false);
  });

  it('tell the lag of the event loop while that is watched', async () => {
    using metrics = new ProcessMetrics();
    const tellsLag = () => metrics.collect().some(({ family }) => family === 'nodejs_eventloop_lag_p99_seconds');
    metrics.watch(true);
    while (!tellsLag()) await new Promise((resolve) => setTimeout(resolve, 10));
    metrics.watch(false);
    assert.equal(tellsLag(), false);
  });

  it('are left out where no file descriptor is left to ask the system with', async () => {
    const script = fileURLToPath(new URL('./without-descriptors.js', import.meta.url));
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      `ulimit -n 64; exec "$0" "$1"`,
      process.execPath,
      script,
    ]);
    assert.deepEqual(JSON.parse(stdout), ['process_cpu_seconds_total', 'process_start_time_seconds']);
  });

  it('belong to declared families', () => {
    using metrics = new ProcessMetrics();
    const names = new Set(PROCESS_FAMILIES.map((family) => family.name));
    for (const part of metrics.collect()) assert.ok(names.has(part.family));
  });
});
