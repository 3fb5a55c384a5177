import { RefreshError } from '../../model/failure.ts';
import type { Protection } from '../../model/server-facts.ts';
import type { ServerKnowledge } from '../pool/server-knowledge.ts';
import { lockText } from './advisory-lock.ts';
import type { Backend } from './backend.ts';
import { type PostgresConnection, ServerError } from './postgres-connection.ts';
import { type Setting, transactionSettings } from './postgres-setup.ts';

/** Why a server refuses a step: it knows nothing of that name, not with that value, not for this user, not at all. */
const REFUSED = new Set(['42704', '42883', '22023', '42501', '55P02', '0A000', '42601']);

/** What is missing where a server does not take a step. */
const PROTECTION_OF: ReadonlyMap<string, Protection> = new Map([
  ['statement_timeout', 'deadline'],
  ['lock_timeout', 'lock_wait'],
  ['client_connection_check_interval', 'kill'],
  ['lock', 'guard'],
]);

/**
 * Begins a transaction that can only read, with its settings, and takes a lock. What the server does not take is left out
 * from then on, and is known as a protection that is missing. False: the lock is another's.
 */
export async function begin(
  connection: PostgresConnection,
  { version, defaults }: Backend,
  leftMs: number,
  lock: string | null,
  knowledge: ServerKnowledge,
): Promise<boolean> {
  if (connection.transaction !== 'I') await connection.tell('ROLLBACK');
  const steps = beginSteps(transactionSettings(version, defaults, leftMs), lock);
  for (;;) {
    const known = knowledge.recall<readonly string[]>('refused steps') ?? [];
    const taken = steps.filter(({ name }) => !known.includes(name));
    try {
      // The statement waits until this is answered: behind a BEGIN that was refused it would run all the same.
      const [[isLocked] = []] = await connection.ask(['BEGIN READ ONLY', ...taken.map(({ sql }) => sql)].join('; '));
      if (connection.transaction !== 'T') throw new RefreshError('query', 'the server begins no transaction');
      return isLocked !== '0';
    } catch (error) {
      const refused = error instanceof ServerError ? taken[error.completed - 1] : undefined;
      if (refused === undefined || !REFUSED.has((error as ServerError).sqlState)) throw error;
      knowledge.remember('refused steps', [...known, refused.name]);
      const protection = PROTECTION_OF.get(refused.name);
      if (protection) knowledge.lacks(protection, `the server refuses it: ${(error as ServerError).message}`);
      await connection.tell('ROLLBACK');
    }
  }
}

interface Step {
  readonly name: string;
  readonly sql: string;
}

function beginSteps(settings: readonly Setting[], lock: string | null): readonly Step[] {
  const steps = settings.map(({ name, value }) => ({ name, sql: `SET LOCAL ${name} = '${value}'` }));
  return lock === null ? steps : [...steps, { name: 'lock', sql: lockText(lock) }];
}
