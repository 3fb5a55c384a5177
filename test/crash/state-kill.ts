/**
 * Kills a process that writes state files at random moments, and starts on what it left each time.
 * `node dist/test/crash/state-kill.js 500`
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { STATE_FILES } from '../../src/model/result-source.ts';
import { finish } from '../../src/model/steps.ts';
import { Exposition } from '../../src/snapshot/exposition.ts';
import { StateFiles } from '../../src/snapshot/file-store.ts';
import { aLogger, aSnapshot, START_MS, samplesOf, textOf } from '../snapshot/fixtures.ts';
import { CRASH_PLAN } from './crash-plan.ts';

/** Throws at the first start that fails, loses a result that was on the disk, or serves anything but whole results. */
export async function killWriters(kills: number): Promise<{ readonly rounds: number; readonly unfinished: number }> {
  const directory = await mkdtemp(join(tmpdir(), 'state-kill-'));
  let round = 0;
  let unfinished = 0;
  try {
    for (let kill = 0; kill < kills; kill++) {
      const done = await writeUntilKilled(directory, round + 1);
      unfinished += (await readdir(directory)).filter((name) => name.endsWith('.tmp')).length;
      round = await checkStart(directory, Math.max(done, round));
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return { rounds: round, unfinished };
}

/** Returns the last round that the writer said was on the disk; 0 for none. */
async function writeUntilKilled(directory: string, firstRound: number): Promise<number> {
  const script = fileURLToPath(new URL('./state-writer.js', import.meta.url));
  const writer = spawn(process.execPath, [script, directory, String(firstRound)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => writer.once('exit', resolve));
  let output = '';
  const writing = new Promise<void>((resolve) => {
    writer.stdout.on('data', (text: Buffer) => {
      output += text.toString();
      resolve();
    });
  });
  await writing;
  await sleep(Math.random() * 30);
  writer.kill('SIGKILL');
  await exited;
  return Number(output.split('\n').at(-2) ?? 0);
}

/** Starts on the folder as an exporter would. Returns the newest round found. */
async function checkStart(directory: string, leastRound: number): Promise<number> {
  const logger = aLogger();
  const files = new StateFiles({ directory, logger, now: () => performance.now(), maxBytes: 1 << 26, lock: null });
  const snapshot = aSnapshot(CRASH_PLAN, () => START_MS);
  finish(files.load(CRASH_PLAN, (result) => snapshot.restore([result], STATE_FILES)));
  await files.flush();
  assert.deepEqual(logger.lines, [], 'nothing had to be set aside');
  assert.equal(snapshot.readiness().ready, true);
  const page = new Exposition(snapshot).publish();
  const text = textOf(page.identity);
  assert.equal(gunzipSync(Buffer.concat(page.gzip.buffers)).toString(), text);

  const rounds = CRASH_PLAN.tasks.map(({ query }, i) => {
    const values = [...samplesOf(text, `${query.name}_`).values()];
    assert.equal(values.length, 2 * 10 ** i, `${query.name} is complete`);
    assert.equal(new Set(values).size, 1, `${query.name} is of one result`);
    return values[0] ?? 0;
  });
  assert.ok(Math.min(...rounds) >= leastRound, `results of round ${leastRound} were on the disk, found ${rounds}`);
  return Math.max(...rounds);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const kills = Number(process.argv[2] ?? 500);
  const { rounds, unfinished } = await killWriters(kills);
  process.stdout.write(`${kills} kills in ${rounds} rounds, ${unfinished} in the middle of a file: no start failed\n`);
}
