/**
 * Moves money between accounts until its standard input ends: `sqlite-writer.js PATH MODE PAUSE_MS ACCOUNTS`. Waits for no lock,
 * and says of each transaction `done` or `refused`.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from '@photostructure/sqlite';

const TRANSFERS = 5;

const [, , path = '', mode = '', pauseMs = '', accounts = ''] = process.argv;
// Without prepared statements, which would keep the file open at the end.
const database = new DatabaseSync(path, { timeout: 0 });
database.exec(`PRAGMA journal_mode = ${mode}; PRAGMA synchronous = NORMAL`);
const stopped = once(process.stdin.resume(), 'end');

for (let isStopped = false; !isStopped; ) {
  process.stdout.write(transfer() ? 'done\n' : 'refused\n');
  isStopped = await Promise.race([stopped.then(() => true), sleep(Number(pauseMs), false)]);
}
database.close();

function transfer(): boolean {
  try {
    database.exec('BEGIN IMMEDIATE');
    for (let turn = 0; turn < TRANSFERS; turn++) {
      database.exec(`UPDATE accounts SET balance = balance - 1 WHERE id = ${anyAccount()}`);
      database.exec(`UPDATE accounts SET balance = balance + 1 WHERE id = ${anyAccount()}`);
    }
    database.exec('COMMIT');
    return true;
  } catch {
    if (database.isTransaction) database.exec('ROLLBACK');
    return false;
  }
}

function anyAccount(): number {
  return 1 + Math.floor(Math.random() * Number(accounts));
}
