/** A value as the library gives it: integers as BigInt, REAL as a number. */
export type SqliteValue = null | bigint | number | string | Uint8Array;

/** A value as SQLite prints it, blobs as they are. */
export function toText(value: SqliteValue): string | Uint8Array | null {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'number' ? realText(value) : value;
}

/** How many digits SQLite gives depends on its version: here, the fewest that stand for this number and no other. */
function realText(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '-Inf';
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  const isPlain = Number(exponent) >= -4 && Number(exponent) <= 16;
  const digits = isPlain ? String(value) : mantissa;
  const withPoint = digits.includes('.') ? digits : `${digits}.0`;
  return isPlain ? withPoint : `${withPoint}e${exponent.replace(/^(.)(.)$/, '$10$2')}`;
}
