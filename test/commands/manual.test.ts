import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMAND_NAMES, type CommandName, describeCommand } from '../../src/commands/command-list.ts';
import { EXIT_STATUS, helpOf, overview } from '../../src/commands/help.ts';
import { describeFlag, optionsOf } from '../../src/commands/options.ts';
import { repositoryRoot } from '../support/tools.ts';

const manual = toText(readFileSync(join(repositoryRoot(), 'packaging/query-exporter.1'), 'utf8'));

test('the manual page explains the options, in the words of help and no others, and says which command takes them', () => {
  const entries = optionsOf(null).map((option) => {
    const [, { text, commands }] = option;
    return `${describeFlag(option)}\n${ownersOf(commands)}${text}`;
  });
  assert.deepEqual(entriesOf('OPTIONS'), entries);
});

test('the manual page explains the commands, with an example of each', () => {
  const texts = COMMAND_NAMES.map((name) => `${synopsisOf(name)}\n${describeCommand(name).text}`);
  assert.deepEqual(entriesOf('COMMANDS'), texts);
  for (const name of COMMAND_NAMES) assert.ok(manual.includes(`\n${describeCommand(name).example}\n`), name);
});

test('the manual page names the exit statuses', () => {
  assert.ok(manual.includes(`.SH EXIT STATUS\n${EXIT_STATUS}`));
});

test('help of a command has its own options alone, and an example that begins with it', () => {
  for (const name of COMMAND_NAMES) {
    const flags = [...helpOf(name).matchAll(/^ {2}(--[\w.-]+)/gm)].map(([, flag]) => flag);
    const own = optionsOf(name).map(([option]) => `--${option}`);
    assert.deepEqual(flags, own);
    assert.match(helpOf(name), new RegExp(`^Example:\\n.*query-exporter ${name}\\b`, 'm'));
    assert.ok(overview().includes(describeCommand(name).text));
  }
});

test('no line of help has more than 120 characters', () => {
  for (const text of [overview(), ...COMMAND_NAMES.map(helpOf)]) {
    for (const line of text.split('\n')) assert.ok(line.length <= 120, line);
  }
});

function synopsisOf(name: CommandName): string {
  return `${name} ${describeCommand(name).operands}`.trimEnd();
}

/** Of an option of one command that is not the one that runs by itself. */
function ownersOf(commands: readonly CommandName[]): string {
  const [owner, ...others] = commands;
  return others.length > 0 || owner === 'serve' ? '' : `with ${owner}: `;
}

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
    .replace(/^(\S+) {2}(?=\S)/gm, '$1 ');
}
