import { readFileSync } from 'node:fs';
import { shippedFile } from '../../shipped-files.ts';
import { html } from '../status/html.ts';
import { type PageContext, renderPage } from '../status/page-shell.ts';
import { renderMarkdown } from './markdown.ts';

/** The page of the docs that the advice leads to, so that it is there without the internet and of this version. */
export function renderGuidePage(nowMs: number, context: PageContext): string {
  const main = html`<article class="guide">${renderMarkdown(readFileSync(shippedFile('docs/troubleshooting.md'), 'utf8'))}</article>`;
  return renderPage({ title: 'Troubleshooting', nowMs, jsonPath: '/api/v1/status', main }, context);
}
