import { key } from './keys.ts';
import { bool, list, nonEmptyText, text } from './values.ts';

/**
 * What an engine describes its own keys with. It is handed to it, so that whoever knows an engine for its servers alone does
 * not load what reads configurations.
 */
export const KEY_WORDS = { key, bool, list, nonEmptyText, text };
export type KeyWords = typeof KEY_WORDS;
