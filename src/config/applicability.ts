import { type KeyFacts, key } from '../language/keys.ts';
import { quote } from '../language/quote.ts';
import { anyOf, choice, fields, nonEmptyText, text } from '../language/values.ts';
import { isEmptySpan, parseVersionRange } from '../language/version-range.ts';
import type { Target, VersionRange, When } from '../model/plan.ts';
import { ROLES, type Role } from '../model/server-facts.ts';
import { ENGINES } from '../sql/engines.ts';
import type { Context } from './context.ts';
import { enginesOf, refuseCutSql } from './cut-sql.ts';
import type { ConfigDocument } from './document.ts';
import type { Path } from './path.ts';
import { didYouMean } from './suggestion.ts';

/*
 * Where a query applies: on which targets it is run, and what must hold there.
 */

const MEANING: KeyFacts = { secrecy: 'shown', inSamples: true };
const TERMS: KeyFacts = { secrecy: 'shown', inSamples: false };

const PRODUCTS = ENGINES.flatMap(({ products }) => products);
const RANGE = `versions such as ">=14 <17" or "${PRODUCTS[0]} >=8.0.22 || ${PRODUCTS[1]} >=10.5"`;

const when = fields(
  {
    role: key(
      choice(ROLES),
      MEANING,
      'primary or replica. Only for engines whose servers say which they are; for others it is refused with the `sql` to write instead.',
    ),
    version: key(
      nonEmptyText(RANGE),
      MEANING,
      'The versions of the server: bounds such as ">=14 <17", all of which must hold, if need be with the product in front ' +
        `(${anyOf(PRODUCTS)}), which may also stand alone; "||" stands between alternatives. A version is compared as far as the bound is written: ` +
        '16.4 is "<=16".',
      { examples: [`${PRODUCTS[1]} >=10.5`, '>=14 <17'] },
    ),
    sql: key(
      text('SQL'),
      MEANING,
      'A statement that is run in the session before the one of the query. It holds where the first cell of its first row ' +
        'is a number other than 0.',
    ),
  },
  'a mapping with role, version or sql',
);

/** Keys of a query in either form. */
export const applicabilityKeys = {
  when: key(
    when,
    MEANING,
    'Where the query applies: everything in it must hold, and is looked at anew before each run. Elsewhere the query is not applicable: it has no ' +
      'samples, and that is no failure. Default: everywhere.',
  ),
  once_per: key(
    choice(['target', 'server']),
    TERMS,
    'server: of the selected targets that share a server, only the first one is asked, for results that are the same in ' +
      'all its databases. Default: target.',
    { default: 'target' },
  ),
  needs: key(
    nonEmptyText('a GRANT statement'),
    TERMS,
    'What the user of the query must be granted, for people: `check` shows it, and so does a failure for want of a privilege.',
  ),
};

/** Null: it applies everywhere, or what is wrong with it was said. */
export function planWhen(
  path: Path,
  entry: {
    readonly role?: Role | undefined;
    readonly version?: string | undefined;
    readonly sql?: string | undefined;
  } = {},
  selected: readonly Target[],
  { document }: Context,
): When | null {
  const at = (name: string): Path => [...path, name];
  const { role = null, sql = null } = entry;
  const isKnownWrong =
    document.isWrong(path) || ['role', 'version', 'sql'].some((name) => document.isMistyped(at(name)));
  if (document.has(path) && Object.keys(entry).length === 0 && !isKnownWrong) {
    document.refuse(path, 'expected role, version or sql');
  }
  if (role !== null) refuseRoleOfOthers(at('role'), role, selected, document);
  const version = entry.version === undefined ? null : planRange(at('version'), entry.version, selected, document);
  if (sql?.trim() === '') document.refuse(at('sql'), 'there is no SQL');
  refuseCutSql(at('sql'), enginesOf(selected), document);
  if (sql?.includes('\0')) document.refuse(at('sql'), 'SQL cannot contain the character NUL');
  return role === null && version === null && sql === null ? null : { role, version, sql };
}

/** One refusal for each engine that does not know roles. */
function refuseRoleOfOthers(path: Path, role: Role, selected: readonly Target[], document: ConfigDocument): void {
  for (const { title, knowsRole, roleSql } of enginesOf(selected)) {
    if (knowsRole) continue;
    const instead = roleSql[role];
    const advice = instead === undefined ? 'choose "targets" that do' : `write "sql: ${instead}"`;
    document.refuse(path, `${title} does not tell its role: ${advice}`);
  }
}

function planRange(
  path: Path,
  text: string,
  selected: readonly Target[],
  document: ConfigDocument,
): VersionRange | null {
  const range = parseVersionRange(text);
  if (range === null) {
    document.refuse(path, `expected ${RANGE}, got ${quote(text)}`);
    return null;
  }
  for (const { product } of range.spans) {
    if (product === null || PRODUCTS.includes(product)) continue;
    const meant = didYouMean(document.suggestions.nearest(product, PRODUCTS));
    document.refuse(path, `unknown product ${quote(product)}${meant || `, expected ${anyOf(PRODUCTS)}`}`);
  }
  if (range.spans.some(isEmptySpan))
    document.refuse(path, `${quote(text)}: no version is within bounds that exclude each other`);
  for (const { title, products } of enginesOf(selected)) {
    if (products.length === 0)
      document.refuse(path, `${title} has no versions to tell apart: choose "targets" that have`);
  }
  return range;
}

/** The first target of each server, in the order of the configuration. */
export function onePerServer(targets: readonly Target[]): readonly Target[] {
  const first = new Map<string, Target>();
  for (const target of targets) {
    const server = `${target.engine} ${target.server}`;
    if (!first.has(server)) first.set(server, target);
  }
  return [...first.values()];
}
