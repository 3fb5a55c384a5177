import type { RejectionReason } from '../model/failure.ts';
import type { EngineName } from '../model/words.ts';
import { parseNumber } from './mapping.ts';

interface Offence {
  readonly engine: EngineName;
  readonly column: string;
  /** The offending text, or its beginning. */
  readonly text: string;
  readonly maxLabelLength: number;
}

/** What to do about a rejected sample, in terms of the SQL that made it; empty where nothing general can be said. */
export function hintFor(reason: RejectionReason, offence: Offence): string {
  switch (reason) {
    case 'not_a_number':
      return hintForText(offence);
    case 'negative_counter':
      return 'use type: gauge for a value that can be negative';
    case 'duplicate':
      return 'group by the label columns, or make the column that tells the rows apart a label';
    case 'label_too_long':
      // No character is longer than four bytes of UTF-8.
      return `use substr(${offence.column}, 1, ${Math.max(1, Math.floor(offence.maxLabelLength / 4))}) or raise max_label_length`;
    default:
      return reason satisfies never;
  }
}

type Advice = readonly [pattern: RegExp, advice: Readonly<Record<EngineName, string>>];

const both = (text: string) => ({ mysql: text, sqlite: text });

/** The first pattern that fits wins; COLUMN stands for the column's name. */
const ADVICE: readonly Advice[] = [
  [/^\s*$/, both("use NULLIF(TRIM(COLUMN), '') for no sample where the text is empty")],
  [/^\d{4}-\d\d-\d\d/, { mysql: 'use UNIX_TIMESTAMP(COLUMN)', sqlite: "use CAST(strftime('%s', COLUMN) AS INTEGER)" }],
  [
    /^-?\d+:\d\d(:\d\d)?/,
    { mysql: 'use TIME_TO_SEC(COLUMN)', sqlite: "use CAST(strftime('%s', '1970-01-01 ' || COLUMN) AS INTEGER)" },
  ],
  [/^\s*[{[]/, { mysql: "use JSON_VALUE(COLUMN, '$.key')", sqlite: "use json_extract(COLUMN, '$.key')" }],
  [/^\s*(true|false|yes|no|on|off)\s*$/i, both("compare COLUMN with a word, as in COLUMN = 'on', which gives 1 or 0")],
  [/^\s*0x[0-9a-f]+/i, { mysql: 'use CONV(SUBSTR(COLUMN, 3), 16, 10)', sqlite: '' }],
  [/^\s*[+-]?\d[\d_]*_\d/, both("use REPLACE(COLUMN, '_', '')")],
  [/^\s*[+-]?\d{1,3}(,\d{3})+(\.\d*)?\s*$/, both("use REPLACE(COLUMN, ',', '')")],
  [/^\s*[+-]?\d+,\d+\s*$/, both("use REPLACE(COLUMN, ',', '.')")],
  [/^\s*[+-]?[\d.]+(e[+-]?\d+)?\s*[a-z%°µ€$]/iu, both('take the unit off COLUMN, so that a plain number is left')],
];

function hintForText({ engine, column, text }: Offence): string {
  // A number that is one by its looks was refused for its size or, in a counter, for what it means. Of a long one only the
  // beginning is known, so its size says nothing.
  const number = parseNumber(text);
  if (number !== null && !Number.isFinite(number)) return 'a counter takes finite numbers only';
  if (/^[ \t\r\n]*[+-]?\d+\.?\d*(e[+-]?\d+)?[ \t\r\n]*$/i.test(text)) return 'no float64 is that large';
  const advice = ADVICE.find(([pattern]) => pattern.test(text))?.[1][engine] ?? '';
  return advice.replaceAll('COLUMN', () => column);
}
