import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';

export type JournalMode = 'WAL' | 'DELETE';

/** One row, whose sum is the same at every moment: the number of accounts times {@link BALANCE}. */
export const TOTAL = 'SELECT count(*) AS n, sum(balance) AS total FROM accounts';
export const BALANCE = 100;

/** Another process that moves money between accounts. */
export interface Transfers extends AsyncDisposable {
  readonly done: number;
  /** What it gave up because of a lock. */
  readonly refused: number;
  /** Resolves after so many more transactions. */
  wait(transactions: number): Promise<void>;
}

/** Makes a database of so many accounts; each takes so many bytes beside its balance. */
export function createAccounts(path: string, accounts: number, bytes: number): void {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA synchronous = OFF; CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER, filling BLOB);
    WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${accounts})
    INSERT INTO accounts SELECT n, ${BALANCE}, zeroblob(${bytes}) FROM c;`);
  database.close();
}

/** Starts moving, with a pause of so long between transactions. Resolves after the first of them. */
export async function startTransfers(
  path: string,
  accounts: number,
  mode: JournalMode,
  pauseMs: number,
): Promise<Transfers> {
  const script = fileURLToPath(new URL('./sqlite-writer.js', import.meta.url));
  const args = [script, path, mode, String(pauseMs), String(accounts)];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  let done = 0;
  let refused = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    done += text.split('done').length - 1;
    refused += text.split('refused').length - 1;
  });
  const transfers: Transfers = {
    get done() {
      return done;
    },
    get refused() {
      return refused;
    },
    async wait(transactions) {
      const wanted = done + refused + transactions;
      while (done + refused < wanted) await Promise.race([once(child.stdout, 'data'), ended.then(fail)]);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
  await transfers.wait(1);
  return transfers;
}

function fail(): never {
  throw new Error('the writer has ended');
}
