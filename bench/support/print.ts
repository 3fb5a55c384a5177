import { type Goal, isMet, type Report, type Table, type Value } from './subject.ts';

/** A report as text for a terminal, tables first. */
export function toText({ tables, goals }: Report): string {
  const blocks = tables.map(tableText);
  if (goals.length > 0) blocks.push(goals.map(goalText).join('\n'));
  return `${blocks.join('\n\n')}\n`;
}

function tableText({ title, columns, rows }: Table): string {
  const lines = [columns, ...rows.map((row) => row.map(valueText))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length)));
  const isNumeric = columns.map((_, i) => rows.every((row) => typeof row[i] !== 'string'));
  const texts = lines.map((line) =>
    line
      .map((cell, i) => (isNumeric[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return [title, ...texts].join('\n');
}

function goalText(goal: Goal): string {
  const verdict = { true: 'met', false: 'missed', null: 'not measured' }[String(isMet(goal)) as 'true'];
  const sign = goal.isUpper ? 'at most' : 'at least';
  return `goal ${verdict}: ${goal.text}: ${valueText(goal.value)}, wanted ${sign} ${valueText(goal.limit)}`;
}

/** Three digits that count, and thousands apart. */
function valueText(value: Value): string {
  if (value === null) return 'not run';
  if (typeof value === 'string') return value;
  return value.toLocaleString('en', value >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 });
}
