import { createHash } from 'node:crypto';
import type { LockHolder } from '../session.ts';
import type { PostgresConnection } from './postgres-connection.ts';

/**
 * Takes a lock for the length of the transaction, so that one behind a pooler, which nobody resets, is given back, too.
 * Gives one row with whether it has it.
 */
export function lockText(name: string): string {
  return `SELECT pg_try_advisory_xact_lock(${keyOf(name)})`;
}

/** Who holds a lock that was refused, to be asked in any state of a transaction but a failed one. */
export async function readHolder(connection: PostgresConnection, name: string): Promise<LockHolder> {
  const [row = []] = await connection.ask(
    `SELECT pid, substring(query FROM '^/[*] (query-exporter [[:alnum:]_ :.-]+) [*]/'),
       extract(epoch FROM clock_timestamp() - query_start) * 1000
     FROM pg_locks LEFT JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND objsubid = 1 AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND (classid::bigint << 32) | objid::bigint = ${keyOf(name)}`,
  );
  const [processId, marker, ageMs] = row;
  return { connectionId: processId ?? '', marker: marker ?? null, ageMs: marker ? Number(ageMs) : null };
}

/** Ends the process, since a client that stands still would keep the lock, if it still runs that statement. */
export async function endHolder(connection: PostgresConnection, { connectionId, marker }: LockHolder): Promise<void> {
  await connection.tell(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE pid = ${connectionId} AND position('/* ${marker} */' IN query) = 1`,
  );
}

/** A lock has a number for its name. */
function keyOf(name: string): string {
  return String(createHash('sha256').update(name).digest().readBigInt64BE());
}
