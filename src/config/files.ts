import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { quotePath } from '../language/quote.ts';
import { formatSize } from '../language/size.ts';

/** Where what a configuration leaves open comes from. */
export interface Secrets {
  readonly env: Env;
  /** True: a variable or file that is not here will be where the exporter runs. */
  readonly areElsewhere: boolean;
}

export type Env = Readonly<Record<string, string | undefined>>;

export type TextFile =
  | { readonly ok: true; readonly text: string; readonly mode: number }
  | {
      readonly ok: false;
      readonly problem: string /** Where the bytes stop being UTF-8. */;
      readonly lenientText?: string;
    };

/** Reads a whole text file; never more than the limit, never a pipe or a device, which might make the reader wait. */
export function readTextFile(path: string, maxBytes: number): TextFile {
  let descriptor: number | null = null;
  try {
    // Without O_NONBLOCK the open itself waits for ever on a pipe that nobody writes to.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) return { ok: false, problem: 'is a directory (EISDIR)' };
    if (!stat.isFile()) return { ok: false, problem: 'is not a regular file' };
    if (stat.size > maxBytes) return { ok: false, problem: `is larger than ${formatSize(maxBytes)}` };
    return decode(readFileSync(descriptor), stat.mode);
  } catch (error) {
    return { ok: false, problem: `cannot be read: ${reasonOf(error)}` };
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** Stands for standard input where a file is named. */
export const STANDARD_INPUT = '-';

/** Reads standard input to its end, but not more than the limit. It can be read once. */
export function readStandardInput(maxBytes: number): TextFile {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const chunk = Buffer.alloc(65_536);
      const length = readSync(0, chunk);
      if (length === 0) break;
      size += length;
      if (size > maxBytes) return { ok: false, problem: `is larger than ${formatSize(maxBytes)}` };
      chunks.push(chunk.subarray(0, length));
    }
  } catch (error) {
    return { ok: false, problem: `cannot be read: ${reasonOf(error)}` };
  }
  return size === 0 ? { ok: false, problem: 'is empty' } : decode(Buffer.concat(chunks), OWNER_ONLY);
}

const OWNER_ONLY = 0o600;

function decode(bytes: Uint8Array, mode: number): TextFile {
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), mode };
  } catch {
    return { ok: false, problem: 'is not UTF-8 text', lenientText: new TextDecoder('utf-8').decode(bytes) };
  }
}

export interface FileCheck {
  /** Null: the file is there and can be read. */
  readonly problem: string | null;
  readonly mode: number;
}

export function checkReadable(path: string): FileCheck {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return { problem: 'is not a regular file', mode: 0 };
    accessSync(path, constants.R_OK);
    return { problem: null, mode: stat.mode };
  } catch (error) {
    return { problem: `cannot be read: ${reasonOf(error)}`, mode: 0 };
  }
}

/** Reads a secret of one line, such as a password; one trailing newline is cut, as editors add it. */
export function readSecret(path: string): TextFile {
  const file = readTextFile(path, 65_536);
  return file.ok ? { ...file, text: file.text.replace(/\r?\n$/, '') } : file;
}

/** A folder gives its `*.yml` in alphabetical order, a file itself, `-` standard input. */
export function listConfigFiles(path: string): { readonly files: readonly string[]; readonly problem: string | null } {
  if (path === STANDARD_INPUT) return { files: [path], problem: null };
  try {
    if (!statSync(path).isDirectory()) return { files: [path], problem: null };
    const names = readdirSync(path).filter((name) => name.endsWith('.yml') && !name.startsWith('.'));
    if (names.length === 0) return { files: [], problem: 'is a folder without any *.yml' };
    return { files: names.sort().map((name) => join(path, name)), problem: null };
  } catch (error) {
    return { files: [], problem: `cannot be read: ${reasonOf(error)}` };
  }
}

/** A path in a configuration file is relative to that file. */
export function resolveBeside(configPath: string, path: string): string {
  return resolve(dirname(configPath), path);
}

/** A secret's relative path is looked up in `$CREDENTIALS_DIRECTORY` first, where systemd puts credentials. */
export function resolveSecret(configPath: string, path: string, env: Env): string {
  const beside = resolveBeside(configPath, path);
  const { CREDENTIALS_DIRECTORY: credentials } = env;
  if (credentials === undefined || credentials === '') return beside;
  const credential = resolve(credentials, path);
  return existsSync(credential) || !existsSync(beside) ? credential : beside;
}

/** Whether users that are neither the owner nor in the group can read a file of these permissions. */
export function isOpenToOthers(mode: number): boolean {
  return (mode & 0o004) !== 0;
}

/** The warning about a file with a secret that {@link isOpenToOthers}. */
export function openToOthers(path: string): string {
  return `every user can read ${quotePath(path)}, which holds a secret: chmod o-r helps`;
}

export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const words = REASONS[code];
  return words === undefined ? code : `${words} (${code})`;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'a part of its path is no folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'is a directory',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many open files',
};
