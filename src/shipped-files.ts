import { fileURLToPath } from 'node:url';

/** The folder of package.json, in a checkout as where it is installed. */
const TOP = new URL('../../', import.meta.url);

/** The path of a file or folder that ships with the program, such as `packs/`. */
export function shippedFile(name: string): string {
  return fileURLToPath(new URL(name, TOP));
}
