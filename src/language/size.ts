const UNITS = {
  B: 1,
  kB: 1_000,
  KB: 1_000,
  KiB: 1_024,
  MB: 1_000_000,
  MiB: 1_048_576,
  GB: 1_000_000_000,
  GiB: 1_073_741_824,
} as const;

/** Every text that {@link parseSize} reads. */
export const SIZE_PATTERN = `^[0-9]+(\\.[0-9]+)?(${Object.keys(UNITS).join('|')})$`;

const SIZE = /^(\d+(?:\.\d+)?)([A-Za-z]+)$/;

/** Reads `512B`, `1.5KiB`, `16MiB` or `1GB` as bytes; fractions of a byte are rounded away. Null: not a size. */
export function parseSize(text: string): number | null {
  const [, number, unit = ''] = SIZE.exec(text) ?? [];
  if (number === undefined || !Object.hasOwn(UNITS, unit)) return null;
  return Math.round(Number(number) * UNITS[unit as keyof typeof UNITS]);
}

/** A whole number of KiB or MiB in words: `64 KiB`, `1 MiB`. */
export function formatSize(bytes: number): string {
  return bytes >= UNITS.MiB ? `${bytes / UNITS.MiB} MiB` : `${bytes / UNITS.KiB} KiB`;
}
