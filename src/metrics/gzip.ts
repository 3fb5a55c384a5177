/**
 * What stands around the deflate blocks of a gzip file with one member (RFC 1952): `GZIP_HEADER`, blocks, `FINAL_BLOCK`,
 * `gzipTrailer(…)`. One member, since browsers and curl read only the first of several.
 */
export const GZIP_HEADER: Uint8Array = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3);

/** An empty block with the mark of the last one, which no block of a part carries. */
export const FINAL_BLOCK: Uint8Array = Uint8Array.of(0x03, 0x00);

export function gzipTrailer(crc32: number, bytes: number): Uint8Array {
  const trailer = new Uint8Array(8);
  const view = new DataView(trailer.buffer);
  view.setUint32(0, crc32, true);
  view.setUint32(4, bytes % 2 ** 32, true);
  return trailer;
}
