import type { Scalar } from '../../config/tree.ts';
import { swallowedComment } from '../../language/sql-comments.ts';
import { findEngine } from '../../sql/engines.ts';
import type { EngineWord } from './dsn-parts.ts';

/** SQL of the source as it should stand here, with what is to be said about it. */
export interface Statement {
  readonly sql: string;
  /** Of `when`; null: it runs on every version. */
  readonly version: string | null;
  readonly notes: readonly string[];
}

/** Reads a statement of which it is known, or guessed, on which engine it runs. */
export function readStatement(scalar: Scalar, engine: EngineWord): Statement {
  const text = typeof scalar.value === 'string' ? scalar.value : scalar.source;
  const lines = scalar.written?.lines.map((line) => line.text);
  const comments = findEngine(engine)?.lineComments;
  const swallowing = lines === undefined || comments === undefined ? null : swallowedComment(lines, comments);
  const notes: string[] = [];
  let sql = text;
  if (lines !== undefined && (swallowing !== null || areSame(lines, text))) sql = lines.join('\n');
  if (swallowing !== null) {
    notes.push(
      `there YAML joins the lines of this statement, so that the comment in its line ${swallowing + 1} ends it; ` +
        'here the lines stand as they are written',
    );
  }
  const conditional = engine === 'mysql' ? fromVersionComment(sql) : null;
  if (conditional === null) return { sql, version: null, notes };
  notes.push('the version comment around the statement became "when"');
  return { ...conditional, notes };
}

/** Whether line breaks may stand where YAML put blanks: not inside quotes, nor where a word goes on in the next line. */
function areSame(lines: readonly string[], text: string): boolean {
  const squeeze = (part: string) => part.trim().replace(/\s+/g, ' ');
  const isClosed = (line: string) => ["'", '"', '`'].every((quote) => line.split(quote).length % 2 === 1);
  return lines.every(isClosed) && squeeze(lines.join(' ')) === squeeze(text);
}

// `/*!80000 SELECT … */` runs from MySQL 8.0.0 on, `/*M!100500 … */` from MariaDB 10.5.0 on.
function fromVersionComment(sql: string): { readonly sql: string; readonly version: string } | null {
  const [, mariadb, digits = '', inner = ''] = /^\s*\/\*(M?)!(\d{5,6})\s([\s\S]*?)\*\/\s*;?\s*$/.exec(sql) ?? [];
  if (digits === '' || inner.includes('/*')) return null;
  const number = Number(digits);
  const version = `${Math.floor(number / 10_000)}.${Math.floor(number / 100) % 100}.${number % 100}`;
  if (mariadb === 'M') return { sql: inner, version: `mariadb >=${version}` };
  // MariaDB passes over the comments of MySQL 5.7 and later.
  return { sql: inner, version: number < 50_700 ? `mysql >=${version} || mariadb >=${version}` : `mysql >=${version}` };
}

/**
 * Whether a result certainly has no column of this name: the statement lists its columns and the name is nowhere in it.
 * Where a star, a function or another statement than SELECT may bring columns, nothing is certain.
 */
export function certainlyLacks(sql: string, column: string): boolean {
  const text = sql.toLowerCase();
  if (!/^\s*(?:\(?\s*select|with)\b/.test(text)) return false;
  const withoutCounts = text.replace(/count\s*\(\s*\*\s*\)/g, '').replace(/\/\*[\s\S]*?\*\//g, '');
  // A star that multiplies has an operand before it.
  const hasStar = /(?:select|distinct|all|,|\.)\s*\*/.test(withoutCounts) || /\btable\s+\w/.test(withoutCounts);
  const word = column.toLowerCase().replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return !hasStar && !new RegExp(`(?<!\\w)${word}(?!\\w)`).test(text);
}

/** The engine that a statement was written for and that there is not here; null: nothing says so. */
export function foreignEngineOf(sql: string): string | null {
  return SQL_SERVER.test(sql) ? 'SQL Server' : null;
}

const SQL_SERVER =
  /\bsys\.(?:dm_\w+|databases|master_files|sysprocesses|server_resource_stats)\b|@@SERVERNAME\b|\bSERVERPROPERTY\s*\(|\bWITH\s*\(\s*NOLOCK\s*\)|\bDATEDIFF\s*\(\s*(?:second|minute|hour|day)\s*,|\bSELECT\s+TOP\b|\bmsdb\./i;

/** What the statements of a source that names no database look like. */
export function guessEngine(statements: readonly string[]): EngineWord {
  const votes = statements.map((sql) => Number(POSTGRES.test(sql)) - Number(MYSQL.test(sql)));
  return votes.reduce((sum, vote) => sum + vote, 0) > 0 ? 'postgres' : 'mysql';
}

// The last are commands of PgBouncer's console.
const POSTGRES =
  /\bpg\w*_\w+|::[a-z]|->>|\bcurrent_database\(\)|\bextract\s*\(\s*epoch|\bjsonb?_|\bshow\s+(?:pools|clients|lists|servers)\b/i;
const MYSQL =
  /\bperformance_schema\b|@@|\binformation_schema\.innodb|\bmysql\.|\bunix_timestamp\s*\(|`|\bsubstring_index\b/i;
