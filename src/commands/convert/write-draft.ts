import type { Draft, DraftMetric, DraftQuery, DraftTarget, Notes } from './draft.ts';

/** What can stand under a key. Undefined: the key is not written. */
type Written = string | number | readonly Written[] | { readonly [key: string]: Written | undefined };

const WIDTH = 120;
/** Keys whose text is SQL. */
const SQL_KEYS: ReadonlySet<string> = new Set(['sql']);

/** Writes the configuration as YAML. The same draft gives the same bytes. */
export function writeDraft(draft: Draft): string {
  const { notes, namespace, targetLabel, defaults, targets, queries } = draft;
  const lines = [
    ...comment(notes, 0),
    ...fields({ namespace, target_label: targetLabel }, 0),
    ...(Object.keys(defaults).length === 0 ? [] : entry('defaults', { ...defaults }, 0)),
    'targets:',
    ...[...targets].flatMap(([name, target]) => writeTarget(name, target)),
    'queries:',
    ...[...queries].flatMap(([name, query]) => writeQuery(name, query)),
  ];
  return `${lines.join('\n')}\n`;
}

function writeTarget(name: string, { notes, keys }: DraftTarget): string[] {
  return [...comment(notes, 2), `  ${scalar(name)}:`, ...fields({ ...keys }, 4)];
}

function writeQuery(name: string, { notes, keys, metrics }: DraftQuery): string[] {
  return [
    ...comment(notes, 2),
    `  ${scalar(name)}:`,
    ...fields({ ...keys }, 4),
    '    metrics:',
    ...[...metrics].flatMap(([metric, written]) => writeMetric(metric, written)),
  ];
}

function writeMetric(name: string, { notes, keys }: DraftMetric): string[] {
  const oneLine = `      ${scalar(name)}: ${flow({ ...keys })}`;
  if (oneLine.length <= WIDTH) return [...comment(notes, 6), oneLine];
  return [...comment(notes, 6), `      ${scalar(name)}:`, ...fields({ ...keys }, 8)];
}

function fields(map: { readonly [key: string]: Written | undefined }, indent: number): string[] {
  return Object.entries(map).flatMap(([key, value]) => (value === undefined ? [] : entry(key, value, indent)));
}

function entry(key: string, value: Written, indent: number): string[] {
  const start = `${' '.repeat(indent)}${scalar(key)}:`;
  if (typeof value === 'string' && SQL_KEYS.has(key)) return block(start, value, indent + 2);
  const holdsSql = typeof value === 'object' && !Array.isArray(value) && 'sql' in value && value['sql'] !== undefined;
  const oneLine = `${start} ${flow(value)}`;
  if (!holdsSql && (oneLine.length <= WIDTH || typeof value !== 'object')) return [oneLine];
  if (Array.isArray(value)) return [start, ...value.map((item) => `${' '.repeat(indent + 2)}- ${flow(item)}`)];
  return [start, ...fields(value as { readonly [key: string]: Written }, indent + 2)];
}

/** A block in which no character means anything to YAML. */
function block(start: string, text: string, indent: number): string[] {
  const lines = text.replaceAll('\r\n', '\n').trim().split('\n');
  if (NOT_IN_A_BLOCK.test(text)) return [`${start} ${JSON.stringify(text)}`];
  return [`${start} |`, ...lines.map((line) => (line.trim() === '' ? '' : `${' '.repeat(indent)}${line.trimEnd()}`))];
}

// What YAML does not print, or takes for the end of a line.
const NOT_IN_A_BLOCK =
  /[^\t\n\r\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]|\r(?!\n)/u;

function flow(value: Written): string {
  if (typeof value === 'string') return scalar(value);
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  const pairs = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${pairs.map(([key, item]) => `${scalar(key)}: ${flow(item as Written)}`).join(', ')}}`;
}

/** Without quotes where no reader of YAML, 1.1 or 1.2, takes the text for anything else. */
function scalar(text: string): string {
  if (PLAIN.test(text) && !WORDS.has(text.toLowerCase())) return text;
  return DURATION.test(text) ? text : JSON.stringify(text);
}

const PLAIN = /^(?:[a-z_/][\w./@()?=&+-]*(?:(?: |:\/\/|:(?=[\w/]))[\w./@()?=&+-]+)*)$/i;
const DURATION = /^(?:\d+(?:ms|s|m|h|d))+$/;
const WORDS: ReadonlySet<string> = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n']);

function comment(notes: Notes, indent: number): string[] {
  const start = `${' '.repeat(indent)}#`;
  return notes.flatMap((note) => {
    const lines: string[] = [];
    let line = start;
    for (const word of note.split(/\s+/)) {
      if (line.length + word.length >= WIDTH && line.trim() !== '#') {
        lines.push(line);
        line = `${start}  `;
      }
      line += ` ${word}`;
    }
    return [...lines, line];
  });
}
