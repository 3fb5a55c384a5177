import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FAILURE_REASONS, REJECTION_REASONS, SKIP_REASONS } from '../../src/model/failure.ts';
import { OWN_FAMILIES, OWN_METRIC_NAMES, PROCESS_FAMILIES } from '../../src/model/own-metrics.ts';
import { documents, readDocument, repository } from './documents.ts';

const page = readDocument('docs/metrics.md');

/** The cells of the rows of a table that begin with a name in backticks, by that name. */
function rowsOf(markdown: string): ReadonlyMap<string, readonly string[]> {
  const rows = markdown.split('\n').flatMap((line) => {
    const [, name, rest] = /^\| `([^`]+)` \|(.*)\|$/.exec(line) ?? [];
    return name === undefined || rest === undefined
      ? []
      : [[name, rest.split('|').map((cell) => cell.trim())] as const];
  });
  return new Map(rows);
}

function section(title: string): string {
  const [, text = ''] = page.split(new RegExp(`^#{2,3} ${title}$`, 'm'));
  return text.split(/^#{2,3} /m)[0] ?? '';
}

test('the page has every metric of the exporter, with its type and its labels', () => {
  const rows = rowsOf(page);
  for (const { name, type, labelNames } of OWN_FAMILIES) {
    const [shownType, shownLabels = ''] = rows.get(name) ?? [];
    assert.equal(shownType, type, name);
    assert.deepEqual(
      [...shownLabels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
      labelNames,
      name,
    );
  }
  for (const { name, type } of PROCESS_FAMILIES) assert.equal(rows.get(name)?.[0], type, name);
});

test('the page has every reason, and no other', () => {
  const reasons = {
    'Why a run failed': FAILURE_REASONS,
    'Why a run was skipped': SKIP_REASONS,
    'Why a sample was rejected': REJECTION_REASONS,
  };
  for (const [title, words] of Object.entries(reasons)) {
    assert.deepEqual([...rowsOf(section(title)).keys()].sort(), [...words].sort(), title);
  }
});

test('no page names a metric of the exporter that is not there', () => {
  const shortNames = [...OWN_METRIC_NAMES].filter((name) => name.startsWith('query_exporter_'));
  const own = /\bquery_exporter_(?:target|query|config|poller|exposition|build)_\w+/g;
  for (const document of documents()) {
    const named = [...readDocument(document).matchAll(own)].map(([name]) => name);
    assert.deepEqual(
      named.filter((name) => !shortNames.includes(name)),
      [],
      document,
    );
  }
});

test('troubleshooting speaks of every reason of a failure, and of messages that the log really has', () => {
  const troubles = readDocument('docs/troubleshooting.md');
  for (const reason of FAILURE_REASONS) assert.match(troubles, new RegExp(`\`(reason=)?${reason}\``), reason);
  const sources = readdirSync(join(repository, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(repository, 'src', name), 'utf8'))
    .join('\n');
  const messages = [...troubles.matchAll(/msg="([^"]+)"/g)].map(([, message]) => message ?? '');
  assert.ok(messages.length >= 10);
  for (const message of messages) assert.ok(sources.includes(`'${message}`), message);
});

test('links between the pages lead somewhere', () => {
  const anchorOf = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-');
  for (const document of documents()) {
    const folder = join(repository, document, '..');
    for (const [, target = ''] of readDocument(document).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(repository, document) : join(folder, path);
      const text = readFileSync(file, 'utf8');
      const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading ?? ''));
      if (anchor !== undefined) assert.ok(anchors.includes(anchor), `${document}: ${target}`);
    }
  }
});
