import { until } from './daemon.ts';
import { type Mariadb, startMariadb } from './mariadb.ts';

/** How the server has to be started of which {@link startReplica} makes a replica. */
export const PRIMARY_FLAGS = ['--server-id=1', '--log-bin=binlog'];

/** A replica that has read and done all that its primary wrote. */
export async function startReplica(primary: Mariadb): Promise<Mariadb> {
  const { port, user, password } = primary;
  const replica = await startMariadb({ flags: ['--server-id=2'] });
  try {
    await replica.query(
      `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${port}, MASTER_USER='${user}', MASTER_PASSWORD='${password}'`,
    );
    await replica.query('START SLAVE');
    await until('the replica to have caught up', 30_000, async () => {
      const [written] = await primary.query('SHOW MASTER STATUS');
      const [done] = await replica.query('SHOW REPLICA STATUS');
      const isAll =
        done?.['Relay_Master_Log_File'] === written?.['File'] &&
        done?.['Exec_Master_Log_Pos'] === written?.['Position'];
      // It is NULL while a thread of the replica does not run.
      return isAll && Number(done?.['Seconds_Behind_Master'] ?? Number.NaN) === 0 ? true : undefined;
    });
    return replica;
  } catch (error) {
    await replica[Symbol.asyncDispose]();
    throw error;
  }
}
