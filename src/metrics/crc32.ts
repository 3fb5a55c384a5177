/** The polynomial of CRC-32 as gzip uses it, bits in reverse: the highest bit stands for x⁰. */
const POLYNOMIAL = 0xedb88320;
const ONE = 0x80000000;
const X_TO_THE_8 = 0x00800000;

/** Enough for lengths below 2³². */
const LENGTH_BYTES = 4;

/** At `256 * k + n`: x to the power of 8 · n · 256ᵏ, so that any length is shifted by a few multiplications. */
const SHIFTS = createShifts();

/**
 * The CRC-32 of two texts in a row, from the CRC-32 of each and the length of the second in bytes (below 2³²). It takes
 * about a tenth of a microsecond, so a page is checksummed without touching its bytes.
 *
 * Appending n bytes multiplies a checksum by x⁸ⁿ modulo the polynomial (the way of zlib's `crc32_combine`).
 */
export function combineCrc32(crcA: number, crcB: number, lengthB: number): number {
  let shifted = crcA;
  for (let k = 0, rest = lengthB; rest > 0; k++, rest = Math.floor(rest / 256)) {
    const n = rest % 256;
    if (n > 0) shifted = multiply(SHIFTS[256 * k + n] as number, shifted);
  }
  return (shifted ^ crcB) >>> 0;
}

function createShifts(): Uint32Array {
  const shifts = new Uint32Array(256 * LENGTH_BYTES);
  let step = X_TO_THE_8;
  for (let k = 0; k < LENGTH_BYTES; k++) {
    shifts[256 * k] = ONE;
    for (let n = 1; n < 256; n++) shifts[256 * k + n] = multiply(shifts[256 * k + n - 1] as number, step);
    step = multiply(shifts[256 * k + 255] as number, step);
  }
  return shifts;
}

/** The product of two polynomials modulo POLYNOMIAL. */
function multiply(a: number, b: number): number {
  let product = 0;
  let multiple = b;
  for (let bit = ONE, rest = a; rest !== 0; bit >>>= 1) {
    if ((rest & bit) !== 0) {
      product ^= multiple;
      rest &= ~bit;
    }
    multiple = (multiple & 1) === 0 ? multiple >>> 1 : (multiple >>> 1) ^ POLYNOMIAL;
  }
  return product >>> 0;
}
