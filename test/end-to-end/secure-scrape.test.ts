import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hash } from 'bcryptjs';
import { startPrometheus } from '../support/prometheus.ts';
import { createTlsFiles } from '../support/tls.ts';
import { ConfigFolder, startProgram } from './program.ts';

// With time for every query, however busy the machine is.
const CONFIG = `
defaults: {timeout: 5m}
targets:
  east: {dsn: "sqlite::memory:", groups: [all], connect_timeout: 5m}
  west: {dsn: "sqlite::memory:", groups: [all], connect_timeout: 5m}
queries:
  quick: {sql: select 1 n, collector: often, metrics: {quick: {type: gauge, value: n}}}
  other: {sql: select 2 n, targets: [east], metrics: {other: {type: gauge, value: n}}}
`;

// Most of each is the five seconds before a Prometheus scrapes for the first time.
describe('a scrape by a real Prometheus', { concurrency: true }, () => {
  it('works over TLS with a password, of chosen tasks, and not without them', async () => {
    await using folder = await ConfigFolder.create(CONFIG);
    const tls = await createTlsFiles(folder.path);
    await folder.write(
      JSON.stringify({
        tls_server_config: { cert_file: tls.serverCert, key_file: tls.serverKey, min_version: 'TLS12' },
        basic_auth_users: { prometheus: await hash('open sesame', 4) },
      }),
      'web.yml',
    );
    await using program = await startProgram(folder, ['--web.config.file', folder.file('web.yml')]);
    const { protocol, host } = new URL(program.url);
    assert.equal(protocol, 'https:');

    const scrapeConfig = {
      scheme: 'https',
      tls_config: { ca_file: tls.ca },
      basic_auth: { username: 'prometheus', password: 'open sesame' },
      params: { 'target[]': ['east'], 'collect[]': ['often'] },
    };
    await using allowed = await startPrometheus({ targets: [host], scrapeConfig });
    await using refused = await startPrometheus({
      targets: [host],
      scrapeConfig: { ...scrapeConfig, basic_auth: { username: 'prometheus', password: 'wrong' } },
    });
    await allowed.waitForTargetUp(host);
    // It came with the chosen task and its own metrics, and with nothing of the others.
    const found = await allowed.query('{__name__=~"query_exporter_(quick|other|query_up|target_up)"}');
    assert.deepEqual(
      found.map(({ labels, value }) => `${labels['__name__']} ${labels['query']} ${labels['target']} ${value}`).sort(),
      [
        'query_exporter_query_up quick east 1',
        'query_exporter_quick undefined east 1',
        'query_exporter_target_up undefined east 1',
      ],
    );
    assert.match(await refused.waitForTargetDown(host), /401/);
    assert.doesNotMatch(program.stderr, /open sesame/);
  });

  it('finds each database by service discovery, as a target of its own under its name', async () => {
    await using folder = await ConfigFolder.create(CONFIG);
    const tls = await createTlsFiles(folder.path);
    await folder.write(
      JSON.stringify({
        tls_server_config: { cert_file: tls.serverCert, key_file: tls.serverKey, min_version: 'TLS12' },
        basic_auth_users: { prometheus: await hash('open sesame', 4) },
      }),
      'web.yml',
    );
    const path = ['--web.telemetry-path', '/values'];
    await using program = await startProgram(folder, ['--web.config.file', folder.file('web.yml'), ...path]);

    const access = {
      tls_config: { ca_file: tls.ca },
      basic_auth: { username: 'prometheus', password: 'open sesame' },
    };
    const scrapeConfig = {
      ...access,
      http_sd_configs: [{ ...access, url: `${program.url}/api/v1/sd` }],
      relabel_configs: [
        {
          source_labels: ['__meta_query_exporter_groups'],
          regex: '.*,all,.*',
          target_label: 'all',
          replacement: 'yes',
        },
        { source_labels: ['__meta_query_exporter_engine'], target_label: 'engine' },
      ],
    };
    await using prometheus = await startPrometheus({ targets: [], scrapeConfig });
    for (const target of ['east', 'west']) await prometheus.waitForTargetUp(target);
    const found = await prometheus.query('{__name__=~"up|query_exporter_(quick|other|target_up)"}');
    assert.deepEqual(
      found
        .map(({ labels, value }) => {
          const { __name__: name, all, engine, instance, target } = labels;
          return `${name} ${instance} ${target} ${all} ${engine} ${value}`;
        })
        .sort(),
      [
        'query_exporter_other east east yes sqlite 2',
        'query_exporter_quick east east yes sqlite 1',
        'query_exporter_quick west west yes sqlite 1',
        'query_exporter_target_up east east yes sqlite 1',
        'query_exporter_target_up west west yes sqlite 1',
        'up east undefined yes sqlite 1',
        'up west undefined yes sqlite 1',
      ],
    );
  });
});
