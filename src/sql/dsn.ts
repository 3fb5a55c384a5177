import { Malformed, UnknownForm } from '../language/malformed.ts';
import type { Engine } from './engine.ts';
import { ENGINES } from './engines.ts';
import type { GivenConnection } from './given-connection.ts';

/** A problem never quotes the DSN, since it may hold a password. */
export type DsnResult =
  | { readonly ok: true; readonly engine: Engine; readonly given: GivenConnection }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Every form of every engine, for people. */
export const DSN_FORMS: readonly string[] = ENGINES.flatMap(({ dsn }) => dsn.forms);

/** Reads a data source name in the language of the engine that knows its beginning. Relative paths are left as they are. */
export function parseDsn(text: string): DsnResult {
  if (text === '') return { ok: false, problems: [`is empty; ${advice()}`] };
  const engine = ENGINES.find(({ dsn }) => dsn.beginning.test(text)) ?? ENGINES.find(({ dsn }) => dsn.isOther(text));
  if (engine === undefined) return { ok: false, problems: [`has an unknown scheme; ${advice()}`] };
  try {
    return { ok: true, engine, given: engine.dsn.parse(text) };
  } catch (error) {
    if (error instanceof UnknownForm) return { ok: false, problems: [`${error.message}; ${advice()}`] };
    if (error instanceof Malformed) return { ok: false, problems: error.problems };
    throw error;
  }
}

function advice(): string {
  return `write ${DSN_FORMS.slice(0, -1).join(', ')} or ${DSN_FORMS.at(-1)}`;
}
