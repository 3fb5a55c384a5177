/**
 * Whether a client prefers gzip to plain bytes by its `Accept-Encoding` header (RFC 9110, 12.5.3). Among equals gzip
 * wins. A client that refuses both gets plain bytes, as it would from a server that knows no encoding.
 */
export function prefersGzip(header: string | undefined): boolean {
  // What Prometheus sends at every scrape.
  if (header === 'gzip') return true;
  if (header === undefined || header === '') return false;

  const weights = new Map<string, number>();
  for (const item of header.split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    if (coding !== '') weights.set(coding === 'x-gzip' ? 'gzip' : coding, weight(parameters));
  }
  const gzip = weights.get('gzip') ?? weights.get('*') ?? 0;
  // Plain bytes are always acceptable unless excluded, but only what is listed is asked for.
  const identity = weights.get('identity') ?? 0;
  return gzip > 0 && gzip >= identity;
}

/** A weight that cannot be read excludes its coding: plain bytes are always safe. */
function weight(parameters: readonly string[]): number {
  const q = parameters.find((parameter) => parameter.startsWith('q='));
  if (q === undefined) return 1;
  return /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q.slice(2)) : 0;
}
