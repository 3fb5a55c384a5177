import { errorText } from '../../language/error-text.ts';
import type { LockHolder } from '../session.ts';
import { askOne, readOne } from './ask-one.ts';
import { errnoOf, isUnknownToServer } from './mysql-failures.ts';
import { isMariadb } from './server-version.ts';
import type { SessionTraits } from './session-traits.ts';
import type { StatementRunner } from './statement-runner.ts';

/** Percona's cluster forbids locks by the error of no number of its own; other servers have no such function. */
const REFUSED = new Set([1_105, 1_305]);

/**
 * Takes a lock by name, which the session holds until its reset. Null: it has it, or this server gives none, as those of a
 * Galera cluster (1235); else who holds it.
 */
export async function takeLock(
  session: StatementRunner,
  name: string,
  { server, knowledge }: SessionTraits,
): Promise<LockHolder | null> {
  if (knowledge.recall<boolean>('locks') === false) return null;
  try {
    const [isTaken, holderId] = await readOne(session, `SELECT GET_LOCK('${name}', 0), IS_USED_LOCK('${name}')`);
    if (isTaken === '1') return null;
    return await describeHolder(session, holderId ?? null, isMariadb(server));
  } catch (error) {
    const errno = errnoOf(error);
    if (!isUnknownToServer(errno) && !REFUSED.has(errno ?? 0)) throw error;
    knowledge.remember('locks', false);
    knowledge.lacks('guard', `the server refuses it: ${errorText(error)}`);
    return null;
  }
}

/** Ends the connection, since a client that stands still would keep the lock. Whether it had an effect the lock tells. */
export async function endHolder(session: StatementRunner, { connectionId }: LockHolder): Promise<void> {
  await askOne(session, `KILL ${connectionId}`);
}

async function describeHolder(
  session: StatementRunner,
  holderId: string | null,
  hasMilliseconds: boolean,
): Promise<LockHolder> {
  const unknown = { connectionId: holderId ?? '', marker: null, ageMs: null };
  if (holderId === null) return unknown;
  // MySQL takes the difference of two times in whole seconds, which is up to one more than it was.
  const age = hasMilliseconds ? 'time_ms' : '(time - 1) * 1000';
  const [command, info, ageMs] =
    (await askOne(
      session,
      `SELECT command, LEFT(info, 200), ${age} FROM information_schema.processlist WHERE id = ${holderId}`,
    )) ?? [];
  const marker = /^\/\* (query-exporter [\w :.-]+) \*\//.exec(info ?? '')?.[1] ?? null;
  // Idle with the lock: its client stands still, or is gone without a word.
  const isOurs = marker !== null || command === 'Sleep';
  return isOurs ? { ...unknown, marker, ageMs: Number(ageMs) } : unknown;
}
