import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blocksOf, readDocument, repository } from './documents.ts';

const READMES = ['README.md', 'README.ko.md'] as const;
const [english, korean] = READMES;

/** A README without its blocks of code. */
function proseOf(path: string): string {
  return readDocument(path).replace(/^```[\s\S]*?^```$/gm, '');
}

/** Each row of its tables as the code that stands in each cell. */
function codeOfTables(path: string): readonly (readonly (readonly string[])[])[] {
  const rows = proseOf(path).match(/^\|.*\|$/gm) ?? [];
  return rows.map((row) => row.slice(1, -1).split('|').map(codeOf));
}

function codeOf(text: string): readonly string[] {
  return (text.match(/`[^`]+`/g) ?? []).sort();
}

test('both READMEs have the same commands and configurations', () => {
  const contents = READMES.map((path) => blocksOf(path).map(({ info, text }) => ({ info, text })));
  assert.ok(blocksOf(english).length > 0);
  assert.deepEqual(contents[1], contents[0]);
});

test('both READMEs have the same tables, with the same keys and defaults', () => {
  assert.ok(codeOfTables(english).length > 0);
  assert.deepEqual(codeOfTables(korean), codeOfTables(english));
});

test('both READMEs have the same sections, name the same things and lead to the same pages', () => {
  const [one, other] = READMES.map((path) => {
    const prose = proseOf(path);
    return {
      sections: (prose.match(/^#+ /gm) ?? []).map(String),
      code: [...new Set(codeOf(prose))],
      addresses: [...prose.matchAll(/\]\(([^)]+)\)|(?:src|srcset)="([^"]+)"/g)]
        .map(([, link, picture]) => link ?? picture ?? '')
        .filter((address) => !READMES.some((path) => path === address)),
    };
  });
  assert.deepEqual(other, one);
});

test('the READMEs lead to each other, and nowhere to what is not there', () => {
  assert.ok(readDocument(english).includes(`](${korean})`));
  assert.ok(readDocument(korean).includes(`](${english})`));
  for (const path of READMES) {
    for (const [, link, picture] of proseOf(path).matchAll(/\]\(([^)#]+)[^)]*\)|(?:src|srcset)="([^"]+)"/g)) {
      const address = link ?? picture ?? '';
      if (!address.startsWith('http')) assert.ok(existsSync(join(repository, address)), `${path}: ${address}`);
    }
  }
});
