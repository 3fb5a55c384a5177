import type { RunMark, Sight, Stopper } from '../session.ts';
import { askOne } from './ask-one.ts';
import { errnoOf } from './mysql-failures.ts';
import type { MysqlSession } from './mysql-session.ts';

const NO_SUCH_THREAD = 1_094;

/** Looks for statements in the process list, where every user sees his own, and stops them by KILL. */
export class MysqlStopper implements Stopper {
  readonly #session: MysqlSession;
  /** The number under which the process list showed the statement. */
  #shownId: string | null = null;

  constructor(session: MysqlSession) {
    this.#session = session;
  }

  async look({ connectionId, marker, cancelKey }: RunMark): Promise<Sight> {
    // A proxy may have given its connection another number than the server has.
    const statement = `LOCATE('/* ${marker} */', info) = 1`;
    const [id, isStatement, isIdle, isOther] =
      (await askOne(
        this.#session,
        `SELECT id, COALESCE(${statement}, 0), command = 'Sleep', COALESCE(LOCATE('/* query-exporter ', info), 0) = 1` +
          ` FROM information_schema.processlist` +
          ` WHERE ${statement} OR (id = ${connectionId} AND user = SUBSTRING_INDEX(USER(), '@', 1))` +
          ` ORDER BY 2 DESC LIMIT 1`,
      )) ?? [];
    const isSamePlace = cancelKey !== null && cancelKey === this.#session.cancelKey;
    // What a procedure runs is shown without our mark, but it stands under the number of our connection.
    const isOurs = isStatement === '1' || (isSamePlace && id !== undefined && isIdle === '0' && isOther === '0');
    this.#shownId = isOurs ? (id ?? null) : null;
    if (isOurs) return 'statement';
    if (isOther === '1') return 'gone';
    // A proxy keeps connections to its servers for others.
    if (id !== undefined) return isIdle === '1' ? 'idle' : 'connection';
    if (!isSamePlace) return 'hidden';
    return (await this.#isThere(connectionId)) ? 'connection' : 'gone';
  }

  /**
   * Whether the server knows the connection, which it shows to nobody but its user: inside a procedure that is whoever
   * defined it. It refuses to stop what belongs to others, and has another answer where there is nothing.
   */
  async #isThere(connectionId: string): Promise<boolean> {
    return this.#session.execute(`KILL QUERY ${connectionId}`).then(
      () => true,
      (error) => errnoOf(error) !== NO_SUCH_THREAD,
    );
  }

  async stop(): Promise<void> {
    if (this.#shownId === null) return;
    // It may have ended since, and then its connection is unknown.
    await this.#session.execute(`KILL QUERY ${this.#shownId}`).catch(() => undefined);
  }

  quit(): Promise<void> {
    return this.#session.quit();
  }

  destroy(): void {
    this.#session.destroy();
  }
}
