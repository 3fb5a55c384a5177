import { readFile } from 'node:fs/promises';
import { formatAddress } from '../../language/address.ts';
import { RefreshError } from '../../model/failure.ts';
import type { RunMark } from '../../model/run-mark.ts';
import type { EngineSessions, Sight, Stopper } from '../session.ts';
import { TITLE } from './sqlite-messages.ts';
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

  async openStopper(_target, { connectionId }) {
    return /^\d+$/.test(connectionId) ? new ProcessStopper() : null;
  },
};

/**
 * Ends the process of a session whose thread is gone, if the list of processes still shows that run. Where there is no
 * /proc it finds nothing; there as here the process ends itself once nobody holds its other end.
 */
class ProcessStopper implements Stopper {
  async look({ connectionId, marker }: RunMark): Promise<Sight> {
    const commandLine = await readFile(`/proc/${connectionId}/cmdline`, 'utf8').catch(() => '');
    return commandLine.startsWith(TITLE) && commandLine.includes(`/* ${marker} */`) ? 'statement' : 'gone';
  }

  async stop(mark: RunMark): Promise<void> {
    if ((await this.look(mark)) === 'statement') process.kill(Number(mark.connectionId), 'SIGKILL');
  }

  async quit(): Promise<void> {}
  destroy(): void {}
}
