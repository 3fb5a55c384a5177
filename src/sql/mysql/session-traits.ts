import type { Target } from '../../model/plan.ts';
import type { ServerKnowledge } from '../pool/server-knowledge.ts';
import { askOne } from './ask-one.ts';
import type { MysqlConnection } from './mysql-connection.ts';
import { describeServer, type ServerVersion } from './server-version.ts';
import { type LimitVariable, limitVariables, type OwnLimit } from './session-setup.ts';
import type { StatementRunner } from './statement-runner.ts';

/** What one connection tells of itself. */
export interface SessionTraits {
  readonly server: ServerVersion;
  /** As the server knows the connection, which a proxy may not. */
  readonly id: string;
  /** Names the server; null: it does not say, or something stands between that hands out numbers of its own. */
  readonly place: string | null;
  /** The longest time that the user's statements may take by the server's own rules, which a reset forgets; null: none. */
  readonly ownLimit: OwnLimit | null;
  readonly database: string;
  readonly slowLog: boolean;
  readonly knowledge: ServerKnowledge;
}

/** Asks a new connection what it is. The greeting says it too, but a proxy greets for a server that it does not know yet. */
export async function readTraits(
  session: StatementRunner,
  target: Target,
  greeted: { readonly id: string; readonly version: string },
  knowledge: ServerKnowledge,
): Promise<SessionTraits> {
  const { database, slowLog } = target.connection as MysqlConnection;
  const [id, version, comment, place] = (await askOne(session, WHO)) ?? [greeted.id, greeted.version, '', null];
  const server = { version: version ?? greeted.version, comment: comment ?? '' };
  knowledge.learn(describeServer(server));
  const isOwnId = id === greeted.id && place !== null;
  knowledge.lacks('kill', isOwnId ? null : 'what stands in between hands out connection numbers of its own');
  return {
    server,
    id: id ?? greeted.id,
    place: isOwnId ? (place ?? null) : null,
    ownLimit: await readOwnLimit(session, server, knowledge),
    database,
    slowLog,
    knowledge,
  };
}

const PLACE = `CONCAT_WS(' ', @@hostname, @@port, @@datadir)`;
const WHO = `SELECT CONNECTION_ID(), @@version, @@version_comment, ${PLACE}`;

async function readOwnLimit(
  session: StatementRunner,
  server: ServerVersion,
  knowledge: ServerKnowledge,
): Promise<OwnLimit | null> {
  const known = knowledge.recall<readonly LimitVariable[]>('limit variables') ?? limitVariables(server);
  for (const limit of known) {
    const cells = await askOne(session, `SELECT @@SESSION.${limit.variable}`);
    if (cells === null) continue;
    knowledge.remember('limit variables', [limit]);
    const ms = Number(cells[0]) * limit.unitMs;
    return ms > 0 ? { variable: limit.variable, ms } : null;
  }
  knowledge.remember('limit variables', []);
  return null;
}
