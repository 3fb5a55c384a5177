import type { EngineName } from '../model/words.ts';
import type { Engine } from './engine.ts';
import { mysql } from './mysql/description.ts';
import { postgres } from './postgres/description.ts';
import { sqlite } from './sqlite/description.ts';

/** Every engine there is. Another one is a folder beside these and a line here. */
export const ENGINES: readonly Engine[] = [mysql, postgres, sqlite];

const BY_WORD: ReadonlyMap<string, Engine> = new Map(
  ENGINES.flatMap((engine) => [engine.name, ...engine.aliases].map((word) => [word, engine] as const)),
);

/** By its name or an alias; null: there is none. */
export function findEngine(word: string): Engine | null {
  return BY_WORD.get(word) ?? null;
}

/** Of a checked plan, which names no other engines. */
export function engineNamed(name: EngineName): Engine {
  const engine = BY_WORD.get(name);
  if (engine === undefined) throw new Error(`there is no engine "${name}"`);
  return engine;
}
