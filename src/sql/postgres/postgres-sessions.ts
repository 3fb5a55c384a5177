import { parseAddress } from '../../language/address.ts';
import type { Deadline } from '../../model/deadline.ts';
import type { Target } from '../../model/plan.ts';
import type { ConnectMeans, EngineSessions, RunMark } from '../session.ts';
import { isCancelKey } from './cancel-request.ts';
import { connect, wayTo, withinConnectTimeout } from './postgres-connect.ts';
import { PostgresSession } from './postgres-session.ts';
import { PostgresStopper } from './postgres-stopper.ts';

export function createPostgresSessions(): PostgresSessions {
  return new PostgresSessions();
}

export class PostgresSessions implements EngineSessions {
  /** Settings that a server refused, by its address and version: another version may know them. */
  readonly #refused = new Map<string, Set<string>>();

  async open(target: Target, means: ConnectMeans, deadline: Deadline): Promise<PostgresSession> {
    const { connection, defaults } = await withinConnectTimeout(target, deadline, async (signal) =>
      connect(target, await wayTo(target, target.connection.address, means), signal),
    );
    const server = `${target.server} ${connection.parameters.get('server_version')}`;
    const refused = this.#refused.get(server) ?? new Set();
    this.#refused.set(server, refused);
    return new PostgresSession(connection, defaults, refused);
  }

  async openStopper(
    target: Target,
    mark: RunMark,
    means: ConnectMeans,
    deadline: Deadline,
  ): Promise<PostgresStopper | null> {
    const address = parseAddress(mark.address);
    // They become part of a statement.
    const isOurs = /^\d*$/.test(mark.connectionId) && /^[\w :.-]+$/.test(mark.marker);
    if (address === null || !isOurs || mark.cancelKey === null || !isCancelKey(mark.cancelKey)) return null;
    const way = await withinConnectTimeout(target, deadline, () => wayTo(target, address, means));
    return new PostgresStopper(way, async () => {
      const { connection } = await withinConnectTimeout(target, deadline, (signal) => connect(target, way, signal));
      return connection;
    });
  }
}
