import { RefreshError } from '../../model/failure.ts';
import type { Protection } from '../../model/server-facts.ts';
import type { ServerKnowledge } from '../pool/server-knowledge.ts';
import type { Backend } from './backend.ts';
import { type PostgresConnection, ServerError } from './postgres-connection.ts';
import { beginText, transactionSettings } from './postgres-setup.ts';

/** Why a server refuses a setting: it has none of that name, not with that value, not for this user, not at all. */
const REFUSED_SETTING = new Set(['42704', '22023', '42501', '55P02', '0A000', '42601']);

/** What is missing where a server does not take a setting. */
const PROTECTION_OF: ReadonlyMap<string, Protection> = new Map([
  ['statement_timeout', 'deadline'],
  ['lock_timeout', 'lock_wait'],
  ['client_connection_check_interval', 'kill'],
]);

/**
 * Begins a transaction that can only read, with its settings. What the server does not take is left out from then on, and
 * is known as a protection that is missing.
 */
export async function begin(
  connection: PostgresConnection,
  { version, defaults }: Backend,
  leftMs: number,
  knowledge: ServerKnowledge,
): Promise<void> {
  if (connection.transaction !== 'I') await connection.tell('ROLLBACK');
  const settings = transactionSettings(version, defaults, leftMs);
  for (;;) {
    const known = knowledge.recall<readonly string[]>('refused settings') ?? [];
    const taken = settings.filter(({ name }) => !known.includes(name));
    try {
      // The statement waits until this is answered: behind a BEGIN that was refused it would run all the same.
      await connection.tell(beginText(taken));
      break;
    } catch (error) {
      const refused = error instanceof ServerError ? taken[error.completed - 1] : undefined;
      if (refused === undefined || !REFUSED_SETTING.has((error as ServerError).sqlState)) throw error;
      knowledge.remember('refused settings', [...known, refused.name]);
      const protection = PROTECTION_OF.get(refused.name);
      if (protection) knowledge.lacks(protection, `the server refuses it: ${(error as ServerError).message}`);
      await connection.tell('ROLLBACK');
    }
  }
  if (connection.transaction !== 'T') throw new RefreshError('query', 'the server begins no transaction');
}
