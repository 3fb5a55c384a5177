import { formatAddress } from '../../language/address.ts';
import { RefreshError } from '../../model/failure.ts';
import type { EngineSessions } from '../session.ts';
import { SqliteSession } from './sqlite-session.ts';

export const sqliteSessions: EngineSessions = {
  async open({ connection, connectTimeoutMs }, { knowledge }, deadline) {
    using limit = deadline.within(connectTimeoutMs);
    const session = new SqliteSession(formatAddress(connection.address), knowledge, limit.signal);
    try {
      await session.ping();
      return session;
    } catch (error) {
      await session.quit();
      const { message, errno } = error as RefreshError;
      const why = limit.signal.aborted ? 'its process was not ready in time' : message;
      throw new RefreshError('connect', why, { errno, endedBy: null, cause: error });
    }
  },

  /** The process of a session ends with the thread that asked, also in the middle of a statement. */
  openStopper: async () => ({ look: async () => 'gone', stop: async () => {}, quit: async () => {}, destroy() {} }),
};
