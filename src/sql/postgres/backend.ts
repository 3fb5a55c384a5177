import { createHash } from 'node:crypto';
import type { Role } from '../../model/server-facts.ts';
import type { ServerKnowledge } from '../pool/server-knowledge.ts';
import type { PostgresConnection } from './postgres-connection.ts';
import { type Defaults, LIMITS } from './postgres-setup.ts';

/** What one connection tells of the server behind it. */
export interface Backend {
  /** As 15 of 15.18. */
  readonly version: number;
  /** Names the server; null: a pooler stands in between, which takes one server or another for each transaction. */
  readonly place: string | null;
  readonly defaults: Defaults;
  /** Whether the server says of its own accord that it was promoted. */
  readonly tellsRole: boolean;
  role: Role;
}

/** One round trip, which leaves nothing behind. */
const QUESTION = [
  'BEGIN READ ONLY',
  `SELECT pg_backend_pid(), current_setting('server_version'), pg_is_in_recovery(), current_setting('is_superuser'),
     concat_ws(' ', (pg_control_system()).system_identifier, inet_server_addr(), current_setting('port')), ${LIMITS.map(
       // 0 for a setting that the server does not have; others come with their unit, as 1500ms or 2min.
       (name) => `coalesce(round(extract(epoch FROM current_setting('${name}', true)::interval) * 1000), 0)`,
     ).join(', ')}`,
  'ROLLBACK',
].join('; ');

/** Asks what answers on a new connection. What the server is, and what it lacks, is known from then on. */
export async function readBackend(connection: PostgresConnection, knowledge: ServerKnowledge): Promise<Backend> {
  const [row = []] = await connection.ask(QUESTION);
  const [processId, version, isStandby, isSuperuser, place, ...limits] = row.map((cell) => cell ?? '');
  const number = /^\d+(?:\.\d+)*/.exec(version ?? '')?.[0] ?? '';
  const numbers = number.split('.').map(Number);
  const [major = 0] = numbers;
  const role = roleOf(isStandby === '1');
  knowledge.learn({
    version: `PostgreSQL ${number || version}`,
    release: { product: 'postgres', numbers },
    role,
    isSuperuser: isSuperuser === 'on',
  });
  connection.isPooled = Number(processId) !== connection.cancelKey.processId;
  if (connection.isPooled) {
    knowledge.lacks('kill', 'a pooler stands in between, behind which a statement may not be seen');
    knowledge.lacks('reset', 'a pooler stands in between: locks and prepared statements that a query makes stay');
  } else if (major < 14) {
    knowledge.lacks('kill', 'before PostgreSQL 14 a statement goes on when its client is gone');
  }
  const backend: Backend = {
    version: major,
    place: connection.isPooled
      ? null
      : createHash('sha256')
          .update(place ?? '')
          .digest('hex')
          .slice(0, 16),
    defaults: Object.fromEntries(LIMITS.map((name, index) => [name, Number(limits[index])])) as Defaults,
    tellsRole: major >= 14 && !connection.isPooled,
    role,
  };
  connection.onParameter = (name, value) => {
    // A standby that was promoted says so with its next answer.
    if (name === 'in_hot_standby') learnRole(backend, roleOf(value === 'on'), knowledge);
  };
  return backend;
}

/**
 * Makes sure of the role of the server behind a connection, which other connections of its target may not share: a name may
 * have moved to another server meanwhile.
 */
export async function refreshRole(
  connection: PostgresConnection,
  backend: Backend,
  knowledge: ServerKnowledge,
): Promise<void> {
  if (backend.tellsRole) return learnRole(backend, backend.role, knowledge);
  const [[isStandby] = []] = await connection.ask('SELECT pg_is_in_recovery()');
  learnRole(backend, roleOf(isStandby === '1'), knowledge);
}

function learnRole(backend: Backend, role: Role, knowledge: ServerKnowledge): void {
  backend.role = role;
  knowledge.learn({ role });
}

function roleOf(isStandby: boolean): Role {
  return isStandby ? 'replica' : 'primary';
}
