import { readFile } from 'node:fs/promises';
import { errorText } from '../../language/error-text.ts';
import type { Password } from '../../model/plan.ts';

/** The password for one connection, read anew from its file. Empty: there is none. Rejects with a text that names the key. */
export async function readPassword(password: Password): Promise<string> {
  switch (password.kind) {
    case 'none':
      return '';
    case 'text':
      return password.text;
    case 'file':
      return readPasswordFile(password.path);
    default:
      return password satisfies never;
  }
}

async function readPasswordFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw new Error(`password_file cannot be read: ${errorText(error)}`);
  }
}
