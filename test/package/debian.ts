/** The packages and the tarball in a Debian 12 that has no Node.js: `npm run test:package`. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { hashSync } from 'bcryptjs';
import { createTlsFiles } from '../support/tls.ts';
import { bootContainer, type Container } from '../systemd/container.ts';
import { makeRoot } from '../systemd/host.ts';
import { artefact, command } from './artefacts.ts';

const SERVICE = 'query-exporter.service';
const CONFIG = `
targets:
  server: {host: 127.0.0.1, user: query_exporter, password_file: db_password}
  file: {dsn: "sqlite:/srv/shop.db"}
queries:
  answer: {sql: SELECT 42 AS n, targets: [server], metrics: {answer: {type: gauge, value: n}}}
  items: {sql: SELECT COUNT(*) AS n FROM items, targets: [file], metrics: {items: {type: gauge, value: n}}}
`;
const MORE = '  more: {sql: SELECT 7 AS n, targets: [server], metrics: {more: {type: gauge, value: n}}}\n';
const WEB_CONFIG = `
tls_server_config: {cert_file: server.pem, key_file: server-key.pem}
basic_auth_users: {ann: "${hashSync('secret', 4)}"}
`;
const SAMPLES = ['query_exporter_answer{target="server"} 42', 'query_exporter_items{target="file"} 3'];

/** What loads a code cache as the exporter does, and says whether V8 took it. */
const TRY_CACHE = `
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');
for (const name of ['main', 'poller-thread']) {
  const code = process.argv[2] + '/dist/src/' + name + '.code';
  const script = new Script(readFileSync(code + '.js', 'latin1'), { cachedData: readFileSync(code + '.cache') });
  console.log(name, script.cachedDataRejected);
}`;

describe('on a Debian 12 without Node.js', () => {
  let host: Container;
  const configure = (config: string) => host.sh('cat > /etc/query-exporter/config.yml', config);
  const scrape = () => host.sh('curl --silent --insecure --user ann:secret https://localhost:9104/metrics');
  const copy = (path: string) => host.sh(`cat > ${basename(path)}`, readFileSync(path));

  before(async () => {
    host = await bootContainer(await makeRoot('bookworm'));
    await copy(artefact('deb'));
    await host.sh('mariadb', "CREATE USER 'query_exporter'@'%' IDENTIFIED BY 'test123'");
  });
  after(() => host?.[Symbol.asyncDispose]());

  test('the package is installed and brings a Node.js for itself alone', async () => {
    await host.sh('apt-get install --yes ./query-exporter_*.deb');
    assert.equal((await host.attempt('command -v node nodejs')).ok, false);
    assert.match(await host.sh('query-exporter --version'), /^query-exporter \d.* node v24\./);
  });

  test('the demo runs once', async () => {
    assert.match(await host.sh('query-exporter demo --once'), /^shop_/m);
  });

  test('check and test take a configuration with MariaDB and SQLite', async () => {
    await host.sh('/usr/lib/query-exporter/node -', MAKE_DATABASE);
    await configure(CONFIG);
    await host.sh('cat > /etc/query-exporter/db_password', 'test123\n');
    await host.sh('cd /etc/query-exporter; query-exporter check');
    const samples = await host.sh('cd /etc/query-exporter; query-exporter test 2>/dev/null');
    for (const sample of SAMPLES) assert.ok(samples.includes(sample), samples);
  });

  test('the code caches are of the Node.js that is inside', async () => {
    const verdicts = await host.sh('/usr/lib/query-exporter/node - /usr/lib/query-exporter', TRY_CACHE);
    assert.equal(verdicts, 'main false\npoller-thread false');
  });

  test('health ends with 1 while nothing runs', async () => {
    assert.equal(await host.sh('query-exporter health 2>&1 || echo $?').then((text) => text.at(-1)), '1');
  });

  test('it serves both over TLS to those who log in', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'query-exporter-tls-'));
    try {
      await createTlsFiles(folder);
      for (const name of ['server.pem', 'server-key.pem']) {
        await host.sh(`cat > /etc/query-exporter/${name}`, readFileSync(join(folder, name)));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
    await host.sh('cat > /etc/query-exporter/web.yml', WEB_CONFIG);
    await host.sh('cd /etc/query-exporter; chgrp query-exporter *.pem web.yml; chmod 640 *.pem web.yml');
    await host.sh('echo \'ARGS="--web.config.file /etc/query-exporter/web.yml"\' > /etc/default/query-exporter');
    await host.sh(`systemctl start ${SERVICE}`);
    await host.until('curl --silent --fail --insecure --user ann:secret https://localhost:9104/-/ready');
    const page = await scrape();
    for (const sample of SAMPLES) assert.ok(page.includes(sample), page);
    const status = 'curl --silent --insecure --output /dev/null --write-out %{http_code}';
    assert.equal(await host.sh(`${status} https://localhost:9104/metrics`), '401');
    assert.equal(await host.sh(`${status} --user ann:wrong https://localhost:9104/metrics`), '401');
  });

  test('health ends with 0 while it runs, over TLS and without a login', async () => {
    assert.match(await host.sh('query-exporter health'), /^alive: answers with \d+$/);
  });

  test('a reload brings a new query', async () => {
    await configure(CONFIG + MORE);
    await host.sh(`systemctl reload ${SERVICE}`);
    await host.until(
      'curl --silent --insecure --user ann:secret https://localhost:9104/metrics | grep -qx \'query_exporter_more{target="server"} 7\'',
    );
  });

  test('SIGTERM ends it with 0', async () => {
    await host.sh(`systemctl stop ${SERVICE}`);
    const status = await host.sh(`cd /etc/query-exporter
      query-exporter --bind 127.0.0.1:9199 2>/dev/null &
      until curl --silent --fail 127.0.0.1:9199/-/ready >/dev/null; do sleep 0.1; done
      kill -TERM $!
      wait $! && echo $?`);
    assert.equal(status, '0');
  });

  test('it starts where /proc is not mounted, and without a code cache or with a wrong one', async () => {
    await host.sh('unshare --mount sh -ec "umount --lazy /proc; query-exporter demo --once" | grep -q ^shop_');
    await host.sh(`cd /usr/lib/query-exporter/dist/src
      rm main.code.cache; echo wrong > poller-thread.code.cache
      query-exporter demo --once | grep -q ^shop_`);
  });

  test('the tarball runs where it is unpacked, and by a link', async () => {
    await host.sh('apt-get purge --yes query-exporter');
    await copy(artefact('tarball'));
    await host.sh(
      'tar -xzf query-exporter-*.tar.gz -C /opt; ln -s /opt/query-exporter-*/query-exporter /usr/local/bin',
    );
    assert.match(await host.sh('query-exporter --version'), /^query-exporter \d/);
    assert.match(await host.sh('query-exporter demo --once'), /^shop_/m);
    await host.sh('cat > config.yml; query-exporter check', CONFIG.replace(/, password_file: \w+/, ''));
    await host.sh('rm /usr/local/bin/query-exporter');
  });

  test('the rpm holds the same files, and runs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'query-exporter-rpm-'));
    try {
      await command('sh', '-ec', 'rpm2cpio "$1" | (cd "$2" && cpio -idm --quiet)', 'sh', artefact('rpm'), folder);
      assert.deepEqual(readdirSync(folder).sort(), ['etc', 'usr']);
      await command('tar', '-cf', `${folder}.tar`, '-C', folder, '.');
      await host.sh('tar -xf - -C /', readFileSync(`${folder}.tar`));
    } finally {
      rmSync(folder, { recursive: true });
      rmSync(`${folder}.tar`, { force: true });
    }
    assert.match(await host.sh('query-exporter --version'), /^query-exporter \d/);
    assert.match(await host.sh('query-exporter demo --once'), /^shop_/m);
    await configure(CONFIG.replace('password_file: db_password', 'password: test123'));
    const samples = await host.sh('cd /etc/query-exporter; query-exporter test 2>/dev/null');
    for (const sample of SAMPLES) assert.ok(samples.includes(sample), samples);
  });
});

const MAKE_DATABASE = `
const { DatabaseSync } = require('node:sqlite');
const { chmodSync } = require('node:fs');
const database = new DatabaseSync('/srv/shop.db');
database.exec("CREATE TABLE items (name TEXT); INSERT INTO items VALUES ('a'), ('b'), ('c')");
chmodSync('/srv/shop.db', 0o644);
`;
