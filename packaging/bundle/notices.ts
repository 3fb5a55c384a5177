import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package of others that stands in the bundle. */
export interface Notice {
  readonly name: string;
  readonly version: string;
  /** Such as `MIT`. */
  readonly license: string;
  /** What the license asks to go along with every copy. */
  readonly text: string;
}

const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;
const LICENSE_FILE = /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/i;

/** Of the packages that these files, named from the top folder, belong to. Throws where one has no licence to show. */
export function readNotices(top: string, files: readonly string[]): readonly Notice[] {
  const folders = new Set(files.flatMap((file) => PACKAGE.exec(file)?.[0] ?? []));
  const notices = [...folders].map((folder) => readNotice(join(top, folder)));
  return notices.sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

export function toText(notices: readonly Notice[]): string {
  const list = notices.map(({ name, version, license }) => `${name} ${version} (${license})`);
  const texts = notices.map(({ text }, i) => `${'-'.repeat(80)}\n${list[i]}\n\n${text.trim()}\n`);
  return `query-exporter contains these packages, each under the license that follows it.\n\n${texts.join('\n')}`;
}

function readNotice(folder: string): Notice {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => LICENSE_FILE.test(file));
  if (typeof license !== 'string' || files.length === 0) throw new Error(`${name} ${version} shows no license`);
  return { name, version, license, text: files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n\n') };
}
