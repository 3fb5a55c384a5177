import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page, type ViewportSize } from 'playwright-core';
import { repositoryRoot, requireTool } from '../support/tools.ts';

/** Below the repository. */
export const SCREENSHOTS = join('.cache', 'screenshots');
const WIDE = { width: 1440, height: 900 };
const TABLET = { width: 900, height: 1100 };
export const PHONE = { width: 390, height: 844 };
export const VIEWPORTS = { wide: WIDE, tablet: TABLET, phone: PHONE };
export const SCHEMES = ['light', 'dark'] as const;

/** A page on a server, and everything that a browser complains about. */
export interface Visitor extends AsyncDisposable {
  readonly page: Page;
  readonly complaints: readonly string[];
}

let browser: Browser;

before(async () => {
  mkdirSync(join(repositoryRoot(), SCREENSHOTS), { recursive: true });
  const { path, env } = await requireTool('chromium');
  // Chromium's own sandbox does not start for root, and these pages are ours.
  browser = await chromium.launch({ executablePath: path, env: { ...env }, args: ['--no-sandbox'] });
});

after(() => browser?.close());

export async function visit(
  server: { readonly url: string },
  path = '/',
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({ viewport: WIDE, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url)) complaints.push(`outside request ${request.url()}`);
  });
  await page.goto(server.url + path);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** Kept for people to look at. */
export async function screenshot(page: Page, name: string, fullPage: boolean): Promise<void> {
  await page.screenshot({ path: join(repositoryRoot(), SCREENSHOTS, `${name}.png`), fullPage });
}

export async function assertReadable({ page, complaints }: Visitor, viewport: ViewportSize): Promise<void> {
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), viewport.width, 'scrolls sideways');
  assert.deepEqual(await page.evaluate(FIND_LOW_CONTRAST), []);
  assert.deepEqual(complaints, []);
}

/** Texts with less contrast to what is behind them than WCAG asks for at level AA (4.5). Runs in the browser. */
const FIND_LOW_CONTRAST = `(() => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest('.hidden, .skip, [hidden], .off')) continue;
    const [a, b] = [parse(getComputedStyle(element).color), behind(element)].map(luminance).sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) found.push(walker.currentNode.data.trim());
  }
  return found;
})()`;
