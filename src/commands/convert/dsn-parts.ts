import type { TargetKeys } from './draft.ts';

/** The engines that there are here, by the word of the configuration. */
export type EngineWord = 'mysql' | 'postgres' | 'sqlite';

/** Where a database is, as a target of ours, the password taken out. */
export interface SourceDatabase {
  readonly engine: EngineWord;
  readonly keys: TargetKeys;
  /** The password, if it stood there; a variable stays where it is. */
  readonly secret: string | null;
  /** With its port, if one was given. */
  readonly host: string;
  readonly user: string;
  readonly database: string;
  /** Names of parameters that could not be taken over. */
  readonly lost: readonly string[];
}

/** A problem never quotes the DSN: any part of it may belong to a password. */
export type DsnReading =
  | { readonly ok: true; readonly found: SourceDatabase }
  | { readonly ok: false; readonly problem: string };

/** What is put in later. */
export const VARIABLES = /\$\{[^}]*\}/g;

/** The first colon divides. */
export function splitCredentials(text: string): { readonly user: string; readonly password: string } {
  const [user = '', password = ''] = splitAt(text, ':');
  return { user, password };
}

/** At the first separator; the second part is undefined where there is none. */
export function splitAt(text: string, separator: string): [string, string | undefined] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + separator.length)];
}

/** A password that is nothing but variables may stand in the output. */
export function variablePart(password: string): string {
  return isVariable(password) ? `:${password}` : '';
}

/** Null: there is none, or none that stood there. */
export function secretOf(password: string, isEncoded: boolean): string | null {
  if (password === '' || isVariable(password)) return null;
  return isEncoded ? decode(password) : password;
}

function isVariable(password: string): boolean {
  return password !== '' && password.replace(VARIABLES, '') === '';
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
