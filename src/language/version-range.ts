import type { VersionRange, VersionSpan } from '../model/plan.ts';
import type { Release } from '../model/server-facts.ts';

type Numbers = readonly number[];
type Limits = Pick<VersionSpan, 'from' | 'before'>;

const PRODUCT = /^[a-z]\w*$/i;
const SPAN = /^(?:([a-z]\w*)\s+)?((?:[<>]=?|=)\s*\d+(?:\.\d+)*(?:\s+(?:[<>]=?|=)\s*\d+(?:\.\d+)*)*)$/i;
const BOUND = /([<>]=?|=)\s*(\d+(?:\.\d+)*)/g;

/**
 * Reads `mysql >=8.0.22 || mariadb` or `>=14 <17`: bounds that must all hold, for one product or for any, a product in
 * any version, and alternatives. A version is compared as far as the bound is written, so that 16.4 is `<=16` and `=16`. Null: it is no
 * range. Spans that hold for no version are among the result.
 */
export function parseVersionRange(text: string): VersionRange | null {
  const spans: VersionSpan[] = [];
  for (const part of text.split('||')) {
    const alone = PRODUCT.exec(part.trim());
    if (alone !== null) {
      spans.push({ product: alone[0].toLowerCase(), from: [], before: null });
      continue;
    }
    const [, product, bounds] = SPAN.exec(part.trim()) ?? [];
    if (bounds === undefined) return null;
    const limits = Array.from(bounds.matchAll(BOUND), ([, operator, version = '']) => {
      return toLimits(operator as Operator, version.split('.').map(Number));
    });
    spans.push({ product: product?.toLowerCase() ?? null, ...limits.reduce(intersect) });
  }
  return { text, spans };
}

export function isEmptySpan({ from, before }: Limits): boolean {
  return before !== null && compare(from, before) >= 0;
}

export function holdsVersion({ spans }: VersionRange, { product, numbers }: Release): boolean {
  return spans.some((span) => {
    const isOfProduct = span.product === null || span.product === product;
    return (
      isOfProduct && compare(numbers, span.from) >= 0 && (span.before === null || compare(numbers, span.before) < 0)
    );
  });
}

/** Whether some version of some product is in both. */
export function haveCommonVersion(a: VersionRange, b: VersionRange): boolean {
  return a.spans.some((one) =>
    b.spans.some((other) => {
      const areOfOne = one.product === null || other.product === null || one.product === other.product;
      return areOfOne && !isEmptySpan(intersect(one, other));
    }),
  );
}

type Operator = '<' | '<=' | '>' | '>=' | '=';

function toLimits(operator: Operator, version: Numbers): Limits {
  switch (operator) {
    case '<':
      return { from: [], before: version };
    case '<=':
      return { from: [], before: next(version) };
    case '>':
      return { from: next(version), before: null };
    case '>=':
      return { from: version, before: null };
    case '=':
      return { from: version, before: next(version) };
    default:
      return operator satisfies never;
  }
}

/** The first version that does not begin with these numbers: of 10.11 it is 10.12. */
function next(version: Numbers): Numbers {
  return version.with(-1, (version.at(-1) ?? 0) + 1);
}

function intersect(a: Limits, b: Limits): Limits {
  const before = a.before !== null && (b.before === null || compare(a.before, b.before) < 0) ? a.before : b.before;
  return { from: compare(a.from, b.from) > 0 ? a.from : b.from, before };
}

/** Negative: the first is the earlier version. */
function compare(a: Numbers, b: Numbers): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
