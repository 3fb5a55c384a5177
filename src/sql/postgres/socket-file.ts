import { basename, join } from 'node:path';

export const POSTGRES_PORT = 5432;

/** The socket itself: a server makes it under a name that tells its port, and people name the folder. */
export function socketFile(path: string, port: number | null | undefined): string {
  return basename(path).startsWith('.s.PGSQL.') ? path : join(path, `.s.PGSQL.${port ?? POSTGRES_PORT}`);
}
