/* The quick core; what takes longer is in `npm run test:fleet`. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { TcpRelay } from '../support/tcp-relay.ts';
import { Ground } from './ground.ts';
import { closerThan } from './run-log.ts';

/** Each statement takes longer than the clocks of the log are apart. */
const SECONDS = 0.1;

describe('two exporters of a fleet on Redis', () => {
  let ground: Ground;
  before(async () => {
    // The shortest lease that may be configured.
    ground = await Ground.open(2, { tasks: 2, intervalMs: 1_000, seconds: SECONDS, leaseMs: 3_000 });
  });
  after(() => ground[Symbol.asyncDispose]());

  /** What the servers' own logs say: statements of one task at one time. */
  const doubles = async () => closerThan(await ground.readRuns(), SECONDS * 1_000);

  it('show the same, though each asks one server only; each names the owner; one that ends hands over', async () => {
    await ground.forgetRuns();
    await using pair = await ground.startPair({ name: 'handover' });
    const { a, b } = pair;
    await a.untilNextRuns();
    await b.untilNextRuns();
    for (const replica of [a, b]) {
      assert.equal(Object.keys(await replica.successes()).length, 4);
      assert.equal((await replica.program.get('/-/ready')).status, 200);
    }
    await b.program.until('the owners are known', async () =>
      (await b.program.readStatus()).targets.every(({ owner }) => owner !== null),
    );
    const { targets, fleet } = await b.program.readStatus();
    const { name, owner } = targets.find((target) => target.owner === fleet?.members[1]?.name) ?? {};
    const answer = await b.program.get(`/-/run?query=q0_${name}&target=${name}`, { method: 'POST' });
    assert.equal(answer.status, 409);
    assert.match(await answer.text(), new RegExp(`polled by ${owner}: ask there`));
    assert.equal(await a.program.stop(), 0);
    await b.untilOwn('fleet_owned_servers', 2);
    await b.untilNextRuns();
    assert.equal(await b.takeovers('death'), 0);
    assert.deepEqual(await doubles(), []);
  });

  it('go on when one is killed: the other takes its server over when the lease has ended', async () => {
    await ground.forgetRuns();
    await using pair = await ground.startPair({ name: 'kill' });
    const { a, b } = pair;
    a.program.signal('SIGKILL');
    await b.untilOwn('fleet_owned_servers', 2);
    await b.untilNextRuns();
    assert.equal(await b.takeovers('death'), 1);
    assert.deepEqual(await doubles(), []);
  });

  it('with "stop", one without the store is not ready and says why, and asks nobody; its fleet is no matter of a reload', async () => {
    await ground.forgetRuns();
    await using relay = await TcpRelay.open(ground.redis.port);
    relay.cut();
    const wish = { name: 'stop', withoutStore: 'stop', store: `redis://127.0.0.1:${relay.port}` } as const;
    await using a = await ground.start(wish);
    await a.untilOwn('fleet_store_up', 0);
    const ready = await a.program.get('/-/ready');
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), /the store of the fleet \(without_store is "stop"\)/);
    assert.deepEqual(await ground.readRuns(), []);
    relay.heal();
    await a.program.untilReady();
    await a.folder.write(ground.config({ ...wish, name: 'changed' }));
    const answer = await a.program.get('/-/reload', { method: 'POST' });
    assert.equal(answer.status, 500);
    assert.match(await answer.text(), /start the exporter anew/);
  });
});
