import type { Password } from '../model/plan.ts';
import { parseDsn } from '../sql/dsn.ts';
import type { Context } from './context.ts';
import { isOpenToOthers, openToOthers } from './files.ts';
import type { Path } from './path.ts';
import type { TargetEntry } from './target-schema.ts';

/**
 * The password of a target at `path`: from `password_file`, `password`, or what the DSN or the option file gave. A file
 * that every user can read and that holds it draws a warning.
 */
export function planPassword(path: Path, entry: TargetEntry, given: string | null, context: Context): Password {
  const { document } = context;
  if (entry.password !== undefined && document.has([...path, 'password_file'])) {
    document.refuseKey([...path, 'password_file'], 'excludes "password"');
  }
  if (entry.password_file !== undefined) {
    const filePath = [...path, 'password_file'];
    const file = context.checkSecretFile(filePath, entry.password_file);
    if (isOpenToOthers(file.mode)) document.warn(filePath, openToOthers(file.path));
    return { kind: 'file', path: file.path };
  }
  if (entry.password !== undefined) warnOfOpenConfig([...path, 'password'], (text) => text, context);
  const text = entry.password ?? given ?? '';
  return text === '' ? { kind: 'none' } : { kind: 'text', text };
}

/** Warns where the configuration file itself, not what it refers to, holds the password of a DSN. */
export function warnOfPasswordInDsn(path: Path, context: Context): void {
  const passwordIn = (text: string) => {
    const parsed = parseDsn(text);
    return parsed.ok ? (parsed.given.password ?? '') : '';
  };
  warnOfOpenConfig(path, passwordIn, context);
}

// Stands for each substituted part: it may be a host, a port or a password.
const PLACEHOLDER = '1';

function warnOfOpenConfig(path: Path, passwordIn: (text: string) => string, { document }: Context): void {
  const node = document.nodeAt(path);
  if (node?.kind !== 'scalar' || typeof node.value !== 'string' || !isOpenToOthers(node.place.file.mode)) return;
  const { substitution } = node;
  const password =
    substitution === null
      ? passwordIn(node.value)
      : passwordIn(substitution.literals.join(PLACEHOLDER)).replaceAll(PLACEHOLDER, '');
  if (password !== '') {
    const { file } = node.place;
    document.warnings.add({ file, offset: null }, [], `${openToOthers(file.absolutePath)}`);
  }
}
