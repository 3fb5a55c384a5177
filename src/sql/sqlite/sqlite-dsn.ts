import { Malformed } from '../../language/malformed.ts';
import { decodePercent } from '../../language/url.ts';
import type { DsnLanguage } from '../engine.ts';
import { NOTHING_GIVEN } from '../given-connection.ts';

const SCHEME = 'sqlite:';

export const sqliteDsn: DsnLanguage = {
  beginning: /^sqlite:/,
  isOther: () => false,
  forms: ['sqlite:path'],
  parse: (text) => ({ ...NOTHING_GIVEN, database: parsePath(text.slice(SCHEME.length)) }),
};

function parsePath(rest: string): string {
  if (rest.includes('?')) throw new Malformed('sqlite: takes no parameters; it is always opened read-only');
  const path = rest.startsWith('//') ? decodePercent(rest.slice(2)) : rest;
  if (path === '') throw new Malformed('names no file; write sqlite:path or sqlite::memory:');
  if (rest.startsWith('//') && !path.startsWith('/')) {
    throw new Malformed('names a host; write sqlite:path, or sqlite:///path from the root');
  }
  return path;
}
