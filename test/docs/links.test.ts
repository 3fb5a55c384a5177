import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { anchorOf } from '../../src/web/guide/markdown.ts';
import { documents, readDocument, repository } from './documents.ts';

function anchorsOf(path: string): ReadonlySet<string> {
  const headings = readDocument(path).matchAll(/^#+ (.+)$/gm);
  return new Set(Array.from(headings, ([, heading = '']) => anchorOf(heading)));
}

/** Links to files of the repository, outside of fenced blocks. */
function linksOf(path: string): readonly string[] {
  const prose = readDocument(path).replace(/^ *```[\s\S]*?^ *```$/gm, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter((link) => !/^\w+:/.test(link));
}

for (const page of documents()) {
  test(`the links of ${page} lead somewhere`, () => {
    for (const link of linksOf(page)) {
      const [file = '', anchor] = link.split('#');
      const path = file === '' ? page : normalize(join(dirname(page), file));
      assert.ok(existsSync(join(repository, path)), link);
      if (anchor !== undefined && path.endsWith('.md')) assert.ok(anchorsOf(path).has(anchor), link);
    }
  });
}

test('the index of the documentation leads to every page', () => {
  const linked = new Set(linksOf('docs/README.md').map((link) => link.split('#')[0]));
  const pages = readdirSync(join(repository, 'docs')).filter((name) => name.endsWith('.md') && name !== 'README.md');
  assert.deepEqual(
    pages.filter((name) => !linked.has(name)),
    [],
  );
});

test('every alert that the exporter can explain leads to a heading of its page', () => {
  const rules = readDocument('examples/prometheus/query-exporter.rules.yml');
  const anchors = [
    ...rules.matchAll(/runbook_url: "http:\/\/\{\{ \$labels\.instance \}\}\/docs\/troubleshooting#(.+)"/g),
  ];
  const alerts = rules.match(/- alert: /g) ?? [];
  // An exporter that does not answer, or is not there, explains nothing.
  assert.equal(anchors.length, alerts.length - 2);
  const known = anchorsOf('docs/troubleshooting.md');
  for (const [, anchor = ''] of anchors) assert.ok(known.has(anchor), anchor);
});
