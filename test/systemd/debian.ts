/**
 * Installs the Debian package under a real systemd and lets it go through what happens on a host: `npm run test:systemd`.
 * Needs root, systemd-nspawn (package systemd-container), debootstrap, dpkg-deb, perl inside, and a Debian mirror for the
 * first run. QE_DEBIAN names the releases to try; all by default.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { repositoryRoot } from '../support/tools.ts';
import { bootContainer, type Container } from './container.ts';
import { buildPackages, commandsIn, findPollerThread, installPackage, makeRoot, pauseThread, scrape } from './host.ts';

const RELEASES = (process.env['QE_DEBIAN'] ?? 'trixie bookworm').split(' ');
const SERVICE = 'query-exporter.service';
const LOCAL = 'query-exporter-local.service';
const PASSWORD = 'a "quoted" pass#word';

const CONFIG = `
targets:
  local: {host: 127.0.0.1, user: query_exporter, password_file: db_password}
queries:
  answer:
    interval: 1m
    sql: SELECT 42 AS answer
    metrics: {answer: {type: gauge, value: answer}}
  clock:
    interval: 1s
    sql: SELECT UNIX_TIMESTAMP() AS now
    metrics: {clock: {type: gauge, value: now}}
`;
const SLOW_QUERY = `  slow:
    interval: 1h
    timeout: 5m
    sql: SELECT SLEEP(200) AS slept
    metrics: {slept: {type: gauge, value: slept}}
`;
const LOCAL_CONFIG = CONFIG.replace('host: 127.0.0.1', 'socket: /run/mysqld/mysqld.sock');

const packages = await buildPackages();
after(() => packages[Symbol.asyncDispose]());

for (const release of RELEASES) {
  const root = await makeRoot(release);

  describe(`the installation guide on ${release}`, async () => {
    let host: Container;
    before(async () => {
      host = await bootContainer(root);
      await installPackage(host, packages.first, 'copy only');
    });
    after(() => host[Symbol.asyncDispose]());

    const guide = readFileSync(`${repositoryRoot()}/docs/installation.md`, 'utf8');
    const steps = commandsIn(guide);
    test("it leads from the package to the first metric of one's own in five commands", () => {
      const [, , , , fifth, sixth] = steps;
      assert.match(fifth?.commands ?? '', /\| grep '\^query_exporter_tables'$/m);
      assert.equal(fifth?.heading, 'In five commands');
      assert.match(sixth?.commands ?? '', /^systemctl disable/);
    });
    for (const { heading, commands } of steps) {
      test(heading, async () => {
        await host.sh(commands);
      });
    }

    test('nothing is left behind after the package is purged', async () => {
      const left = await host.sh(
        "find / -xdev -path /proc -prune -o -name '*query*exporter*' -not -path '/root/*' -not -path '/sys/*' -print",
      );
      // What the administrator made by hand stays, as does the user, whom files elsewhere may belong to.
      const allowed = [/^\/etc\/systemd\/system\/query-exporter\.(service|socket)\.d$/, /^\/etc\/query-exporter$/];
      assert.deepEqual(
        left.split('\n').filter((path) => path !== '' && !allowed.some((pattern) => pattern.test(path))),
        [],
      );
      assert.equal(await host.sh('ls /etc/query-exporter'), 'shop_password');
    });
  });

  describe(`the service on ${release}`, async () => {
    let host: Container;
    const property = (name: string, unit = SERVICE) => host.sh(`systemctl show --property ${name} --value ${unit}`);
    const configure = (config: string) => host.sh('cat > /etc/query-exporter/config.yml', config);
    const ready = () => host.until('curl -sf localhost:9104/-/ready');

    before(async () => {
      host = await bootContainer(root);
      await installPackage(host, packages.first);
      await host.sh('mariadb', `CREATE USER 'query_exporter'@'%' IDENTIFIED BY '${PASSWORD}'`);
      await host.sh('cat > /etc/query-exporter/db_password', `${PASSWORD}\n`);
      await configure(CONFIG);
    });
    after(() => host[Symbol.asyncDispose]());

    test('the exposure of the units is as low as their figures say', async () => {
      await host.sh(`systemd-analyze security --threshold=${release === 'bookworm' ? 13 : 11} ${SERVICE}`);
      await host.sh(`systemd-analyze security --threshold=4 ${LOCAL}`);
    });

    test('only root reads the password, and only the group of the service the configuration', async () => {
      assert.equal(
        await host.sh('cd /etc/query-exporter; stat --format "%n %U:%G %a" *'),
        'config.yml root:query-exporter 640\ndb_password root:root 600',
      );
    });

    test('it starts and serves the first scrape, with the password from its credential', async () => {
      await host.sh(`systemctl start ${SERVICE}`);
      await ready();
      assert.equal((await scrape(host)).get('query_exporter_answer{target="local"}'), 42);
      assert.match(await property('StatusText'), /^serving http:\/\/0\.0\.0\.0:9104/);
      assert.equal(await host.sh(`stat --format %U /proc/${await property('MainPID')}`), 'query-exporter');
    });

    test('a reload brings a new query, a wrong configuration changes nothing', async () => {
      await configure(`${CONFIG}${SLOW_QUERY}`);
      await host.sh(`systemctl reload ${SERVICE}`);
      await host.until(
        'curl -s localhost:9104/metrics | grep -q \'query_exporter_query_period_seconds{query="slow"}\'',
      );
      assert.match(await property('StatusText'), /^configuration reloaded at /);

      await configure(`${CONFIG}bogus: 1\n`);
      await host.sh(`systemctl reload ${SERVICE}`);
      await host.until(`systemctl status ${SERVICE} | grep -q 'configuration refused at '`);
      await host.until("curl -s localhost:9104/metrics | grep -qx 'query_exporter_config_last_reload_successful 0'");
      assert.equal((await scrape(host)).get('query_exporter_answer{target="local"}'), 42);
      await configure(`${CONFIG}${SLOW_QUERY}`);
    });

    test('a stop ends what runs on the database, and the service by itself', async () => {
      const running =
        'mariadb -Ne "SELECT COUNT(*) FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND info LIKE \'%SLEEP(200)%\'"';
      await host.until(`test $(${running}) = 1`);
      await host.sh(`systemctl stop ${SERVICE}`);
      assert.equal(await host.sh(running), '0');
      assert.equal(await property('Result'), 'success');
    });

    test('after kill -9 it is back with what it knew', async () => {
      await configure(CONFIG);
      await host.sh(`systemctl start ${SERVICE}`);
      await ready();
      const before = await scrape(host);
      await host.sh(`kill -9 ${await property('MainPID')}`);
      await host.until('curl -sf localhost:9104/metrics >/dev/null');
      const success = 'query_exporter_query_last_success_timestamp_seconds{query="answer",target="local"}';
      const samples = await scrape(host);
      assert.equal(samples.get('query_exporter_answer{target="local"}'), 42);
      assert.equal(samples.get(success), before.get(success));
      assert.equal(await property('NRestarts'), '1');
    });

    test('a blocked poller is replaced while the metrics stay and systemd sees nothing', async () => {
      await ready();
      const pid = await property('MainPID');
      const paused = await pauseThread(host, await findPollerThread(host, pid));
      try {
        await host.until(`curl -s localhost:9104/metrics > page
          grep -q '^query_exporter_answer{target="local"} 42$' page || touch lost
          grep -qx 'query_exporter_poller_restarts_total 1' page`);
        await host.sh('test ! -e lost');
        const samples = await scrape(host);
        const stuckAt = samples.get('query_exporter_clock{target="local"}') ?? Number.NaN;
        await host.until(
          `test $(curl -s localhost:9104/metrics | sed -n 's/^query_exporter_clock{.*} //p') -gt ${stuckAt}`,
        );
        assert.equal(await property('MainPID'), pid);
      } finally {
        await paused[Symbol.asyncDispose]();
      }
    });

    test('a blocked main thread is ended by the watchdog and started again', async () => {
      await host.sh(`mkdir -p /run/systemd/system/${SERVICE}.d
        printf '[Service]\\nWatchdogSec=20s\\nTimeoutAbortSec=2s\\n' > /run/systemd/system/${SERVICE}.d/watchdog.conf
        systemctl daemon-reload && systemctl restart ${SERVICE}`);
      await ready();
      const fedAt = await property('WatchdogTimestampMonotonic');
      await host.until(`test "$(systemctl show -p WatchdogTimestampMonotonic --value ${SERVICE})" != ${fedAt}`);
      const restarts = Number(await property('NRestarts'));
      await host.sh(`kill -STOP ${await property('MainPID')}`);
      await host.until(`test "$(systemctl show -p NRestarts --value ${SERVICE})" -gt ${restarts}`);
      await ready();
      assert.match(await host.sh(`journalctl --no-pager -u ${SERVICE}`), /Watchdog timeout/);
    });

    test('a wrong option ends it for good, a wrong configuration until it is mended', async () => {
      await configure('bogus: 1\n');
      await host.attempt(`systemctl restart ${SERVICE}`);
      await host.until(`test "$(systemctl show -p NRestarts --value ${SERVICE})" -ge 2`);
      await configure(CONFIG);
      await ready();
      await host.sh('echo \'ARGS="--no-such-option"\' > /etc/default/query-exporter');
      await host.attempt(`systemctl restart ${SERVICE}`);
      // One that is to be started again is not failed, but waits.
      await host.until(`systemctl is-failed --quiet ${SERVICE}`);
      assert.equal(await property('ExecMainStatus'), '2');
      await host.sh(`echo 'ARGS=""' > /etc/default/query-exporter; systemctl reset-failed ${SERVICE}`);
    });

    test('without network it serves through the socket and asks over the socket', async () => {
      await configure(LOCAL_CONFIG);
      await host.sh(`systemctl enable --now ${LOCAL}`);
      await ready();
      assert.equal((await scrape(host)).get('query_exporter_answer{target="local"}'), 42);
      const pid = await property('MainPID', LOCAL);
      // A header of two lines, and loopback.
      assert.equal(await host.sh(`wc -l < /proc/${pid}/net/dev`), '3');
    });

    test('restarts and an upgrade under load fail no scrape', async (t) => {
      const load = host.sh(
        '/usr/lib/query-exporter/node /root/scrapes.js http://127.0.0.1:9104/metrics /root/scrapes /root/enough',
      );
      const moreScrapes = async () =>
        host.until(`test $(cat scrapes) -gt ${Number(await host.sh('cat scrapes')) + 100}`);
      await host.until('test -s scrapes');
      for (const _ of Array.from({ length: 3 })) {
        await host.sh(`systemctl restart ${LOCAL}`);
        await moreScrapes();
      }
      await installPackage(host, packages.second);
      await moreScrapes();
      await host.sh('touch enough');
      const result = JSON.parse(await load) as { scrapes: number; failures: string[]; slowestMs: number };
      t.diagnostic(`${result.scrapes} scrapes, slowest ${result.slowestMs} ms, ${result.failures.length} failures`);
      assert.deepEqual(result.failures, []);
      assert.match(await host.sh('dpkg-query --show query-exporter'), /-2$/);
    });

    test('an upgrade kept the configuration and who may read it', async () => {
      assert.equal(await host.sh('cat /etc/query-exporter/config.yml'), LOCAL_CONFIG.trimEnd());
      assert.equal(await host.sh('stat --format "%U:%G %a" /etc/query-exporter/config.yml'), 'root:query-exporter 640');
    });

    test('the password is nowhere to be read', async () => {
      const everything =
        await host.sh(`journalctl --no-pager; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' '\\n'
        curl -s localhost:9104/metrics localhost:9104/ localhost:9104/config localhost:9104/api/v1/status`);
      assert.ok(everything.includes('query_exporter_answer'));
      assert.ok(!everything.includes(PASSWORD));
    });

    test('removing keeps the configuration, purging leaves nothing', async () => {
      await host.sh('apt-get remove --yes query-exporter; test -e /etc/query-exporter/db_password');
      assert.equal((await host.attempt('curl -s localhost:9104/metrics')).ok, false);
      await host.sh('apt-get purge --yes query-exporter');
      assert.equal(
        await host.sh(
          'ls -d /etc/query-exporter /var/lib/query-exporter /var/lib/private/query-exporter 2>/dev/null || true',
        ),
        '',
      );
      assert.equal(await host.sh('systemctl --failed --quiet --no-legend'), '');
    });
  });
}
