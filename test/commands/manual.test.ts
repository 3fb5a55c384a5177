import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HELP } from '../../src/commands/help.ts';
import { repositoryRoot } from '../support/tools.ts';

const manual = toText(readFileSync(join(repositoryRoot(), 'packaging/query-exporter.1'), 'utf8'));

test('the manual page explains the options of --help, in the same words and no others', () => {
  const inHelp = [...HELP.matchAll(/^ {2}(--\S+(?: [A-Z:]+)?) {2,}(.+)$/gm)].map(
    ([, flag, text]) => `${flag}\n${text}`,
  );
  assert.ok(inHelp.length > 10);
  assert.deepEqual(entriesOf('OPTIONS'), inHelp);
});

test('the manual page explains the commands of --help', () => {
  const inHelp = [...HELP.matchAll(/^ {2}query-exporter \[?([a-z]+)\]?.*? {2,}(.+)$/gm)];
  assert.deepEqual(
    entriesOf('COMMANDS'),
    inHelp.map(([, name, text]) => `${name}\n${text}`),
  );
});

test('the manual page names the exit statuses of --help', () => {
  const [, statuses = ''] = /^Exit status: (.+)$/m.exec(HELP) ?? [];
  assert.ok(manual.includes(`.SH EXIT STATUS\n${statuses}`));
});

/** The entries of a section, each the line of its tag and the line of its text. */
function entriesOf(section: string): readonly string[] {
  const [, body = ''] = manual.split(`.SH ${section}\n`);
  const [entries = ''] = body.split('\n.SH ');
  return entries.split('.TP\n').flatMap((entry) => (entry === '' ? [] : [entry.trimEnd()]));
}

/** What is left of the typesetting: requests for fonts, quotes around arguments and escaped hyphens are gone. */
function toText(roff: string): string {
  return roff
    .replace(/^\.(B|BI|BR|I|RI) (.*)$/gm, (_line, _request, text: string) => text.replaceAll('"', ''))
    .replaceAll('\\-', '-')
    .replace(/^(\S+) {2}(?=[A-Z])/gm, '$1 ');
}
