/** A process that holds SQLite over one file: `sqlite-child.js PATH`. Ending it is the only way to end a statement. */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { RefreshError } from '../../model/failure.ts';
import { openReadOnly, prepareOne, type Statement } from './open-read-only.ts';
import { BUSY, READ_ONLY, type Step, toRefreshError } from './sqlite-errors.ts';
import type { Job, Report, Row } from './sqlite-messages.ts';
import { type SqliteValue, toText } from './sqlite-values.ts';

/** About what a pipe holds, so that both sides work at the same time. */
const BATCH_BYTES = 64 << 10;
/** A journal that is deleted and made anew while SQLite looks at it is taken for one that must be undone. */
const LOOKS = 5;
const BETWEEN_LOOKS_MS = 10;

const [, , path = ''] = process.argv;
// Standard input ends with whoever started this process, which may be inside a statement then and hear of nothing.
new Worker("require('node:fs').readSync(0, Buffer.alloc(1)); process.kill(process.pid, 'SIGKILL')", {
  eval: true,
  resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 },
});
// They are meant for the exporter, which ends this process when it has no more use for it; the last would open a debugger.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1']) process.on(signal, () => undefined);
process.on('message', (job: Job) => void perform(job).then((end) => report(end)));

async function perform(job: Job): Promise<Report> {
  const sent = new Set<Report['kind']>();
  for (let looks = 1; ; looks++) {
    const end = await attempt(job, sent);
    if (end.kind !== 'failed' || end.errno !== READ_ONLY || sent.has('rows') || looks === LOOKS) return end;
    await sleep(BETWEEN_LOOKS_MS);
  }
}

async function attempt(job: Job, sent: Set<Report['kind']>): Promise<Report> {
  let step: Step = 'connect';
  try {
    const { database, isSound } = openReadOnly(path, job.maxBytes, job.busyMs);
    try {
      if (job.kind === 'ping') return { kind: 'done' };
      // By the comment in front, as a server shows it in its list, what it ran last; everybody may read this one.
      process.title = `query-exporter SQLite ${/^\/\*.*?\*\//.exec(job.sql)?.[0]} ${path}`;
      step = 'init_sql';
      for (const init of job.initSql) database.exec(init);
      // The file cannot be written anyway; this also covers what is in memory.
      database.exec('PRAGMA query_only = 1');
      step = 'statement';
      await report({ kind: 'started' }, sent);
      await sendRows(prepareOne(database, job.sql), sent);
      if (!isSound())
        throw new RefreshError('lost', 'it was written to while it was read without locks', { endedBy: null });
    } finally {
      database.close();
    }
  } catch (error) {
    const { reason, message, errno, endedBy } = toRefreshError(error, step);
    // To a ping, a lock of another process is an answer too.
    if (job.kind === 'run' || errno !== BUSY) return { kind: 'failed', reason, message, errno, endedBy };
  } finally {
    // The library lets a file go only when the statements on it have been collected.
    gc?.();
    await setImmediate();
  }
  return { kind: 'done' };
}

async function sendRows(statement: Statement | null, sent: Set<Report['kind']>): Promise<void> {
  const names = statement?.columns().map(({ name }) => name) ?? [];
  if (names.length > 0) await report({ kind: 'columns', names }, sent);
  statement?.setReadBigInts(true);
  statement?.setReturnArrays(true);
  let rows: Row[] = [];
  let bytes = 0;
  for (const values of statement?.iterate() ?? []) {
    const row = (values as unknown as SqliteValue[]).map(toText);
    for (const cell of row) bytes += 8 + (cell?.length ?? 0);
    rows.push(row);
    if (bytes < BATCH_BYTES) continue;
    await report({ kind: 'rows', rows }, sent);
    rows = [];
    bytes = 0;
  }
  if (names.length === 0) throw new RefreshError('no_result', 'the statement gives no result set');
  await report({ kind: 'rows', rows }, sent);
}

/** Resolves once the pipe has room: what is on its way is all that is ever held. Only rows are told more than once. */
async function report(message: Report, sent = new Set<Report['kind']>()): Promise<void> {
  if (sent.has(message.kind) && message.kind !== 'rows') return;
  sent.add(message.kind);
  await new Promise<void>((resolve) => process.send?.(message, () => resolve()));
}
