import type { EngineName } from '../model/words.ts';
import type { Engine } from './engine.ts';
import { mysql } from './mysql/description.ts';
import { postgres } from './postgres/description.ts';
import { sqlite } from './sqlite/description.ts';

/** Every engine there is, the default one first. Another one is a folder beside these and a line here. */
export const ENGINES: readonly [Engine, ...Engine[]] = [mysql, postgres, sqlite];

/** The one that is meant where a target names none. */
export const [DEFAULT_ENGINE] = ENGINES;

/** By its name or an alias; null: there is none. */
export function findEngine(word: string): Engine | null {
  return ENGINES.find(({ name, aliases }) => name === word || aliases.includes(word)) ?? null;
}

/** Of a checked plan, which names no other engines. */
export function engineNamed(name: EngineName): Engine {
  const engine = findEngine(name);
  if (engine === null) throw new Error(`there is no engine "${name}"`);
  return engine;
}
