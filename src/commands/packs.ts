import { readFileSync } from 'node:fs';
import { contentsOf, listPacks, type Pack, readPack } from '../config/pack-files.ts';
import { meantOf } from '../config/suggestion.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { printMissing } from './missing-names.ts';

/** Lists the packs, prints one, or compares the names of one with those of a target. */
export const packs: Command = async (args, terminal) => {
  const [name] = args.operands;
  if (name !== undefined && !listPacks().includes(name)) {
    throw new UsageError(`no pack is called "${name}"${meantOf(name, listPacks())}`);
  }
  if (args.missing !== null) {
    if (name === undefined) throw new UsageError('--missing: expected the name of a pack as well');
    return printMissing(readPack(name), args.missing, args.configPaths, terminal);
  }
  terminal.print(name === undefined ? overview() : describe(readPack(name)));
  return 0;
};

function overview(): string {
  const known = listPacks().map(readPack);
  const [names, engines] = [known.map(({ name }) => name), known.map(({ engine }) => engine)].map(widest);
  return known
    .map((pack) => {
      const { description, queries } = contentsOf(pack);
      const head = [pack.name.padEnd(names ?? 0), pack.engine.padEnd(engines ?? 0), description].join('  ');
      return [head, ...Object.keys(queries).map((query) => `  ${query}`)].join('\n');
    })
    .join('\n\n');
}

/** The file as it is, and behind it, as comments, what comes of it and what it needs. */
function describe(pack: Pack): string {
  const queries = Object.values(contentsOf(pack).queries);
  const metrics = new Map(queries.flatMap((query) => Object.entries(query.metrics ?? {})));
  const width = widest([...metrics.keys()]);
  const lines = Array.from(metrics, ([name, { type = '', where = {} }]) => {
    const [, column = ''] = /\{(.+)\}/.exec(name) ?? [];
    const count = where[column]?.length;
    return `${name.padEnd(width)}  ${type}${count === undefined ? '' : `, ${count} names`}`;
  });
  const needs = [...new Set(queries.flatMap((query) => query.needs?.trim().split('\n') ?? []))];
  const comments = [
    'Metrics',
    ...lines.map(indented),
    '',
    'Grants',
    ...(needs.length === 0 ? ['none'] : needs).map(indented),
  ];
  return `${readFileSync(pack.path, 'utf8')}\n${comments.map((line) => `# ${line}`.trimEnd()).join('\n')}`;
}

function indented(line: string): string {
  return `  ${line}`;
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, { length }) => Math.max(most, length), 0);
}
