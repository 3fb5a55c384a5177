import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSqlBehind, type LineComments, swallowedComment } from '../../src/language/sql-comments.ts';

const MYSQL: LineComments = { dashes: 'before-blank', hash: true, dollarQuotes: false };
const POSTGRES: LineComments = { dashes: 'always', hash: false, dollarQuotes: true };
const SQLITE: LineComments = { dashes: 'always', hash: false, dollarQuotes: false };

const CASES: readonly (readonly [string, LineComments, readonly string[], number | null])[] = [
  ['a comment swallows the line below it', MYSQL, ['select a, -- the key', 'b from t'], 0],
  ['a comment of "#" does so for MySQL', MYSQL, ['select a', 'from t # all', 'where b'], 1],
  ['"#" is an operator for PostgreSQL', POSTGRES, ['select a #> b', 'from t'], null],
  ['dashes without a blank are a comment for PostgreSQL', POSTGRES, ['select 1 --one', 'from t'], 0],
  ['dashes without a blank are two signs for MySQL', MYSQL, ['select 1 --1', 'from t'], null],
  ['dashes at the end of a line are a comment', MYSQL, ['select 1 --', 'from t'], 0],
  ['a comment at the end swallows nothing', MYSQL, ['select a', 'from t -- all'], null],
  ['comments below a comment are no loss', MYSQL, ['select a from t -- one', '-- two', '# three'], null],
  ['a line break that was kept ends the comment', MYSQL, ['select a -- one', '', 'from t'], null],
  ['a line break inside a line ends it too', MYSQL, ['select a -- one\nfrom t', 'where b'], null],
  ['dashes in quotes are text', POSTGRES, ['select \'-- \', "--"', 'from t'], null],
  ['a quote that spans lines hides dashes', POSTGRES, ["select 'a", "-- b'", 'from t'], null],
  ['an escaped quote does not end the text of MySQL', MYSQL, ["select 'it\\'s -- '", 'from t'], null],
  ['a doubled quote does not end a text', POSTGRES, ["select 'it''s -- '", 'from t'], null],
  ['backticks quote', MYSQL, ['select `a # b`', 'from t'], null],
  ['block comments hide dashes', MYSQL, ['select /* -- ', '# */ a', 'from t'], null],
  ['dollars quote for PostgreSQL', POSTGRES, ['select $x$ -- $x$, $$ -- $$', 'from t'], null],
  ['dollars quote nothing for MySQL', MYSQL, ['select $$ -- $$', 'from t'], 0],
  ['block comments nest for PostgreSQL', POSTGRES, ['select /* a /* b */ -- ', '*/ a', 'from t'], null],
  ['block comments do not nest for SQLite', SQLITE, ['select /* a /* b */ -- ', '*/ a', 'from t'], 0],
  ['a block comment that is not closed hides all', SQLITE, ['select 1 /* -- ', 'from t'], null],
  ['what only some servers take for a comment is read', MYSQL, ['select /*!80000 a -- b', 'from t */'], 0],
  ['a closed one of these hides nothing', MYSQL, ['select /*M! a */ -- b', 'from t'], 0],
  ["a backslash escapes in E'' for PostgreSQL", POSTGRES, ["select E'it\\'s -- ', e'\\\\', 1", 'from t'], null],
  ['a backslash is a backslash elsewhere', POSTGRES, ["select 'a\\' -- b'", 'from t'], 0],
  ["a name that ends in e is no E''", POSTGRES, ["select date'2026\\' -- b'", 'from t'], 0],
  ['a dollar in a name does not quote', POSTGRES, ['select a$b$ -- $b$', 'from t'], 0],
  ['a parameter does not quote', POSTGRES, ['select $1$ -- $1$', 'from t'], 0],
  ['a quote that is not closed hides nothing', SQLITE, ["select 'a -- b", 'from t'], 0],
  ['apostrophes in a comment quote nothing', MYSQL, ["select 1 -- don't", "-- can't", 'from t'], 0],
  ['a carriage return ends a comment for PostgreSQL', POSTGRES, ['select 1 -- a\r, 2', 'from t'], null],
  ['a carriage return ends no comment for MySQL', MYSQL, ['select 1 -- a\r, 2', 'from t'], 0],
  ['what comes after a block comment is read again', MYSQL, ['select /* a */ b # c', 'from t'], 0],
];

for (const [name, comments, lines, expected] of CASES) {
  test(name, () => assert.equal(swallowedComment(lines, comments), expected));
}

for (const [name, comments, line, behind, expected] of [
  ['for MySQL "#" begins a comment anyhow', MYSQL, 'select 1', ' one', false],
  ['but not in quotes', MYSQL, "select '", " ' v", true],
  ['nor in a block comment', MYSQL, 'select /* a', ' */ v', true],
  ['for PostgreSQL it may be an operator', POSTGRES, 'select data', '> path from t', true],
  ['for no engine in a comment', POSTGRES, 'select a from t -- all', ' of them', false],
] as const) {
  test(`what YAML takes off behind "#": ${name}`, () => assert.equal(isSqlBehind([line], behind, comments), expected));
}
