import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { StatusJson } from '../end-to-end/program.ts';
import { repositoryRoot } from '../support/tools.ts';
import { assertReadable, SCHEMES, SCREENSHOTS, visit } from './browser.ts';

/** `npm run pictures` puts them where the README shows them. */
const FOLDER = join(repositoryRoot(), process.env['QE_PICTURES'] ?? SCREENSHOTS);
const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const SIZE = { width: 1280, height: 800 };
const MARGIN = 32;
/** Enough for the plots to be full. */
const RUNS = 20;
const LOOK_EVERY_MS = 100;
const MAX_BYTES = 150_000;

class Demo implements AsyncDisposable {
  readonly #child: ChildProcess;
  output = '';

  constructor() {
    this.#child = spawn(process.execPath, [MAIN, 'demo', '--bind', '127.0.0.1:0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child.stdout?.on('data', (text) => {
      this.output += text;
    });
  }

  get url(): string {
    return /status +(http\S+?)\/$/m.exec(this.output)?.[1] ?? '';
  }

  async said(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      assert.equal(this.#child.exitCode, null, this.output);
      await sleep(LOOK_EVERY_MS);
    }
  }

  async status(): Promise<StatusJson> {
    const response = await fetch(`${this.url}/api/v1/status`);
    return (await response.json()) as StatusJson;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGINT');
    await ended;
  }
}

test('the demo shows a query beside its samples and what to do next; its status page is the picture of the README', async () => {
  await using demo = new Demo();
  await demo.said('What next');
  assert.match(demo.output, /sql: select state, [\s\S]*^ {2}shop_orders\{state="new",target="shop"\} \d+$/m);
  assert.match(demo.output, /^1000 scrapes, half of them within [\d.]+ ms, /m);
  const runsOf = async () => (await demo.status()).tasks.find(({ query }) => query === 'orders')?.refreshes ?? 0;
  while ((await runsOf()) < RUNS) await sleep(LOOK_EVERY_MS);

  mkdirSync(FOLDER, { recursive: true });
  for (const colorScheme of SCHEMES) {
    await using visitor = await visit(demo, '/', { viewport: SIZE, colorScheme, deviceScaleFactor: 1.25 });
    await assertReadable(visitor, SIZE);
    const path = join(FOLDER, `status-page-${colorScheme}.png`);
    const table = (await visitor.page.locator('.tasks').boundingBox()) ?? assert.fail();
    const height = table.y + table.height + MARGIN;
    await visitor.page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width: SIZE.width, height } });
    assert.ok(statSync(path).size < MAX_BYTES, `${path} has ${statSync(path).size} bytes`);
  }
});
