import { readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** A path that stands in a file, as seen from the folder of the first file, beside which our file is meant to stand. */
export function besideFirst(path: string, namedIn: string, first: string): string {
  return path.startsWith('/') ? path : relative(dirname(first), resolve(dirname(namedIn), path));
}

/** The files that a path names, whose last part may hold `*`, `?` and `[…]`; in alphabetical order. */
export function filesLike(pattern: string, namedIn: string): readonly string[] {
  const absolute = resolve(dirname(namedIn), pattern);
  const [folder, name] = [dirname(absolute), absolute.slice(dirname(absolute).length).replace(/^\//, '')];
  if (!/[*?[]/.test(name)) return [absolute];
  return namesIn(folder)
    .filter(globOf(name))
    .map((file) => join(folder, file));
}

/** Whether a name fits a pattern of Go's `filepath.Match`. */
export function globOf(pattern: string): (name: string) => boolean {
  const source = pattern.replace(/\[\^?[^\]]*\]|[\s\S]/g, (part) => {
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return part.length > 1 ? part : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  });
  const regex = new RegExp(`^${source}$`);
  return (name) => regex.test(name);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
