import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfigAside } from '../../src/exporter/config-reader.ts';
import { decodePlan, encodePlan } from '../../src/model/encoded-plan.ts';
import { finish } from '../../src/model/steps.ts';
import { ConfigFolder } from '../config/files.ts';

const LIMITS = { descriptors: null, memoryBytes: 2 ** 40 };
const UNUSED = new AbortController().signal;

function written(targets: string): string {
  return `targets: {${targets}}\nqueries: {q: {sql: select 1 n, metrics: {q_n: {type: gauge, value: n}}}}\n`;
}

function requestOf(folder: ConfigFolder, before: string) {
  const { plan, fleet } = folder.load(before);
  const paths = [`${folder.path}/config.yml`];
  return {
    plan,
    request: { sources: { paths, env: {} }, revision: 2, nowMs: 0, before: encodePlan(plan), fleet, limits: LIMITS },
  };
}

test('another thread reads a configuration and tells what became another', async () => {
  using folder = new ConfigFolder();
  const { plan, request } = requestOf(folder, written('a: {dsn: u@tcp(h1)/d}, b: {dsn: u@tcp(h2)/d}'));
  folder.write('config.yml', written('a: {dsn: u@tcp(h1)/d}, c: {dsn: u:secret@tcp(h3)/d}'));
  const reading = await readConfigAside(request, UNUSED);
  assert.ok(reading.kind === 'read');
  const next = finish(decodePlan(reading.difference, plan));
  assert.deepEqual(next, finish(decodePlan(reading.plan)));
  assert.equal(next.revision, 2);
  assert.deepEqual(
    next.targets.map(({ name }) => name),
    ['a', 'c'],
  );
  assert.equal(next.tasks[0], plan.tasks[0]);
  assert.match(reading.maskedYaml, /c:\n\s+dsn: <secret>/);
  assert.equal(reading.notes.maxClients, 512);
});

test('a wrong configuration comes back as its problems, all of them', async () => {
  using folder = new ConfigFolder();
  const { request } = requestOf(folder, written('a: {dsn: u@tcp(h1)/d}'));
  folder.write('config.yml', written('a: {dsn: u@tcp(h1)/d, color: red}').replace('type: gauge', 'type: gouge'));
  const reading = await readConfigAside(request, UNUSED);
  assert.ok(reading.kind === 'refused');
  assert.equal(reading.problems.length, 2);
  assert.match(reading.problems[0] ?? '', /config\.yml:1:\d+: targets\.a\.color: unknown key/);
});

test('a fleet is not changed by a reload', async () => {
  using folder = new ConfigFolder();
  const targets = written('a: {dsn: u@tcp(h1)/d}');
  const ofFleet = (name: string) => `fleet: {name: ${name}, store: "redis://store:6379"}\n${targets}`;
  const { request } = requestOf(folder, ofFleet('shop'));
  assert.equal((await readConfigAside(request, UNUSED)).kind, 'read');
  for (const content of [ofFleet('other'), targets]) {
    folder.write('config.yml', content);
    const problems = ['fleet: is not changed by a reload; start the exporter anew'];
    assert.deepEqual(await readConfigAside(request, UNUSED), { kind: 'refused', problems });
  }
});

test('a thread that cannot read anything refuses, and harms nobody', async () => {
  using folder = new ConfigFolder();
  const { request } = requestOf(folder, written('a: {dsn: u@tcp(h1)/d}'));
  const reading = await readConfigAside({ ...request, before: new SharedArrayBuffer(4) }, UNUSED);
  assert.ok(reading.kind === 'refused');
  assert.match(reading.problems.join(), /^it cannot be read: /);
});

test('reading ends when the exporter stops', async () => {
  using folder = new ConfigFolder();
  const { request } = requestOf(folder, written('a: {dsn: u@tcp(h1)/d}'));
  const stopping = new AbortController();
  const reading = readConfigAside(request, stopping.signal);
  stopping.abort(new Error('stopping'));
  await assert.rejects(reading, /^Error: stopping$/);
});
