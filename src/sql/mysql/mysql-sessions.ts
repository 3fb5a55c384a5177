import { setTimeout as sleep } from 'node:timers/promises';
import { formatAddress, parseAddress } from '../../language/address.ts';
import type { Deadline } from '../../model/deadline.ts';
import type { Address, Target } from '../../model/plan.ts';
import type { RunMark } from '../../model/run-mark.ts';
import { openConnection } from '../pool/open-connection.ts';
import type { ConnectMeans, EngineSessions } from '../session.ts';
import type { MysqlConnection } from './mysql-connection.ts';
import { isServerFull, toFailure } from './mysql-failures.ts';
import { logIn } from './mysql-log-in.ts';
import { MysqlSession } from './mysql-session.ts';
import { MysqlStopper } from './mysql-stopper.ts';
import { readTraits } from './session-traits.ts';

/** Between two attempts to get into a server that is full. */
const AGAIN_MS = 100;

export const mysqlSessions: EngineSessions = {
  open: (target, means, deadline) => open(target, target.connection.address, means, deadline),

  async openStopper(target, mark, means, deadline) {
    const address = parseAddress(mark.address);
    if (address === null || !isMark(mark)) return null;
    for (;;) {
      try {
        return new MysqlStopper(await open(target, address, means, deadline));
      } catch (error) {
        if (!isServerFull(error)) throw error;
        await sleep(AGAIN_MS, undefined, { signal: deadline.signal });
      }
    }
  },
};

async function open(target: Target, address: Address, means: ConnectMeans, deadline: Deadline): Promise<MysqlSession> {
  const connection = target.connection as MysqlConnection;
  try {
    return await openConnection(target, address, means, deadline, async (opened) => {
      const { library, handshake } = await logIn(connection, opened);
      const session = new MysqlSession(library, formatAddress(opened.reached), connection.readTimeoutMs);
      const greeted = { id: String(library.threadId), version: handshake.serverVersion };
      session.traits = await readTraits(session, target, greeted, means.knowledge);
      return session;
    });
  } catch (error) {
    throw deadline.signal.aborted ? error : toFailure(error, 'connecting');
  }
}

/** What goes into statements is made by us, but it comes back over another thread. */
function isMark({ connectionId, marker }: RunMark): boolean {
  return /^\d+$/.test(connectionId) && /^[\w :.-]+$/.test(marker);
}
