const LONGEST_QUOTE = 40;
// Characters that move the cursor, reorder the line or break it, beyond those that JSON escapes.
const TREACHEROUS = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A text as it may stand in a message: in quotes, on one line, with nothing invisible in it, and cut. */
export function quote(text: string, maxCharacters = LONGEST_QUOTE): string {
  const characters = Array.from(text.slice(0, 2 * maxCharacters + 2));
  const isCut = characters.length > maxCharacters;
  return printableJson(isCut ? `${characters.slice(0, maxCharacters).join('')}…` : text);
}

/** A path is worth more room than a value. */
export function quotePath(path: string): string {
  return quote(path, 200);
}

/** JSON in which nothing is left that a terminal obeys or hides. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(
    TREACHEROUS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
