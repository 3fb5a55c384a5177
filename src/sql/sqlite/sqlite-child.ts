/** A process that holds SQLite over one file: `sqlite-child.js PATH`. Ending it is the only way to end a statement. */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { RefreshError } from '../../model/failure.ts';
import { openReadOnly, prepareOne, type Statement } from './open-read-only.ts';
import { BUSY, READ_ONLY, type Step, toRefreshError } from './sqlite-errors.ts';
import type { Job, Report, Values } from './sqlite-messages.ts';
import { type SqliteValue, toText } from './sqlite-values.ts';

/** About what a pipe holds, so that both sides work at the same time. */
const BATCH_BYTES = 64 << 10;
/** A journal that is deleted and made anew while SQLite looks at it is taken for one that must be undone. */
const LOOKS = { most: 5, betweenMs: 10 };

const [, , path = ''] = process.argv;
// Standard input ends with whoever started this process, which may be inside a statement then and hear of nothing.
new Worker("require('node:fs').readSync(0, Buffer.alloc(1)); process.kill(process.pid, 'SIGKILL')", {
  eval: true,
  resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 },
});
// They are meant for the exporter, which ends this process when it has no more use for it; the last would open a debugger.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1']) process.on(signal, () => undefined);
process.on('message', (job: Job) => void perform(job, LOOKS.most).then(report));

async function perform(job: Job, looks: number): Promise<Report> {
  let step: Step = 'connect';
  try {
    const { database, isSound } = openReadOnly(path, job.maxBytes, job.busyMs);
    try {
      if (job.kind === 'ping') return { kind: 'done' };
      // By the comment in front, as a server shows it in its list, what it ran last; everybody may read this one.
      process.title = `query-exporter SQLite ${/^\/\*.*?\*\//.exec(job.sql)?.[0]} ${path}`;
      step = 'init_sql';
      for (const init of job.initSql) database.exec(init);
      step = 'connect';
      // The first is for what is in memory; by the others all that follows is of one state, and looks at no journal.
      database.exec('PRAGMA query_only = 1; SAVEPOINT run; PRAGMA schema_version');
      step = 'statement';
      await report({ kind: 'started' });
      await sendRows(prepareOne(database, job.sql));
      if (!isSound())
        throw new RefreshError('lost', 'it was written to while it was read without locks', { endedBy: null });
    } finally {
      database.close();
    }
  } catch (error) {
    const { reason, message, errno, endedBy } = toRefreshError(error, step);
    const mayPass = errno === READ_ONLY && step !== 'statement' && looks > 1;
    if (mayPass) return sleep(LOOKS.betweenMs).then(() => perform(job, looks - 1));
    // To a ping, a lock of another process is an answer too.
    if (job.kind === 'run' || errno !== BUSY) return { kind: 'failed', reason, message, errno, endedBy };
  } finally {
    // The library lets a file go only when the statements on it have been collected.
    gc?.();
    await setImmediate();
  }
  return { kind: 'done' };
}

async function sendRows(statement: Statement | null): Promise<void> {
  const names = statement?.columns().map(({ name }) => name) ?? [];
  if (names.length > 0) await report({ kind: 'columns', names });
  statement?.setReadBigInts(true);
  statement?.setReturnArrays(true);
  let rows: Values[] = [];
  let bytes = 0;
  for (const values of statement?.iterate() ?? []) {
    const row = (values as unknown as SqliteValue[]).map(toText);
    for (const cell of row) bytes += 8 + (cell?.length ?? 0);
    rows.push(row);
    if (bytes < BATCH_BYTES) continue;
    await report({ kind: 'rows', rows });
    rows = [];
    bytes = 0;
  }
  if (names.length === 0) throw new RefreshError('no_result', 'the statement gives no result set');
  await report({ kind: 'rows', rows });
}

/** Resolves once the pipe has room: what is on its way is all that is ever held. */
function report(message: Report): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}
