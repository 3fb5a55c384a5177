import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../logger.ts';
import type { Address, Target } from '../../model/plan.ts';
import type { RowSink } from '../../model/rows.ts';
import type { RunMark } from '../driver.ts';
import { formatAddress, parseAddress } from '../../language/address.ts';
import { connectSession } from './connect.ts';
import { isServerFull } from './failures.ts';
import type { NameLookups } from '../pool/name-lookups.ts';
import { ResultReader } from './result-reader.ts';
import type { MysqlSession } from './session.ts';

/** One statement is given this long to be found and to be gone; the limit in its own session then has to end it. */
const KILL_MS = 2_000;
/** Between two looks at the process list, and between two attempts to get into a server that is full. */
const AGAIN_MS = 25;

/**
 * Stops statements over a second connection, one after the other: there is never more than one such connection to a
 * server. It goes to the address that the statement's own connection reached, and a statement is stopped only while
 * the process list shows its marker under its connection.
 */
export class Killer {
  readonly #lookups: NameLookups;
  readonly #logger: Logger;
  readonly #jobs: Job[] = [];
  #working = false;

  constructor(lookups: NameLookups, logger: Logger) {
    this.#lookups = lookups;
    this.#logger = logger;
  }

  /**
   * Resolves when the connection of the statement is gone from the server, or when nothing more can be done about it.
   * Never rejects.
   */
  stop(target: Target, mark: RunMark, signal: AbortSignal | null = null): Promise<void> {
    return new Promise((resolve) => {
      const address = parseAddress(mark.address);
      if (address === null || !/^\d+$/.test(mark.connectionId) || !/^[\w :.-]+$/.test(mark.marker)) return resolve();
      this.#jobs.push({ target, address, mark, signal, resolve });
      if (!this.#working) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#working = true;
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      await this.#workFor(job);
    }
    this.#working = false;
  }

  /** Does a job, and over the same connection those that wait for the same one. */
  async #workFor(first: Job): Promise<void> {
    const jobs = [first];
    let session: MysqlSession | null = null;
    try {
      for (const job of jobs) {
        const deadline = AbortSignal.timeout(KILL_MS);
        const signal = job.signal === null ? deadline : AbortSignal.any([deadline, job.signal]);
        session ??= await this.#connect(job, signal);
        await stopOn(session, job.mark, signal);
        job.resolve();
        const alike = this.#jobs.findIndex((next) => isSamePlace(next, first));
        if (alike >= 0) jobs.push(...this.#jobs.splice(alike, 1));
      }
    } catch (error) {
      // Those that wait for the same place would meet the same fate, each after its own two seconds.
      for (let index = this.#jobs.length - 1; index >= 0; index--) {
        const next = this.#jobs[index];
        if (next !== undefined && isSamePlace(next, first)) jobs.push(...this.#jobs.splice(index, 1));
      }
      this.#logger.warn('a statement may still be running on the server', {
        target: first.target.name,
        address: formatAddress(first.address),
        connections: jobs.map((job) => job.mark.connectionId).join(' '),
        error: error instanceof Error ? error.message : String(error),
      });
    } finally {
      for (const job of jobs) job.resolve();
      await session?.quit();
    }
  }

  async #connect(job: Job, signal: AbortSignal): Promise<MysqlSession> {
    for (;;) {
      try {
        return await connectSession(job.target, job.address, this.#lookups, signal);
      } catch (error) {
        if (!isServerFull(error)) throw error;
        await sleep(AGAIN_MS * 4, undefined, { signal });
      }
    }
  }
}

async function stopOn(session: MysqlSession, mark: RunMark, signal: AbortSignal): Promise<void> {
  const destroy = (): void => session.destroy(new Error('the server did not end the statement in time'));
  signal.addEventListener('abort', destroy, { once: true });
  try {
    for (;;) {
      const shown = await lookFor(session, mark);
      if (shown === 'nothing') return;
      // A statement may begin after the first look. It may also have ended since, and then its connection is unknown.
      if (shown === 'statement') await session.execute(`KILL QUERY ${mark.connectionId}`).catch(() => undefined);
      await sleep(AGAIN_MS, undefined, { signal });
    }
  } finally {
    signal.removeEventListener('abort', destroy);
  }
}

/** What the process list shows of a run: its statement, or only its connection. */
async function lookFor(
  session: MysqlSession,
  { connectionId, marker }: RunMark,
): Promise<'nothing' | 'connection' | 'statement'> {
  let rows = 0;
  let statements = 0;
  const sink: RowSink = {
    columns: () => undefined,
    row: ([isStatement]) => {
      rows += 1;
      if (isStatement?.[0] === '1'.charCodeAt(0)) statements += 1;
    },
  };
  await session.stream(
    `SELECT LOCATE('/* ${marker} */', info) > 0 FROM information_schema.processlist WHERE id = ${connectionId}`,
    new ResultReader({ maxRows: 1, maxBytes: 1_000 }, sink),
  );
  if (rows === 0) return 'nothing';
  return statements === 0 ? 'connection' : 'statement';
}

function isSamePlace(a: Job, b: Job): boolean {
  return a.target === b.target && formatAddress(a.address) === formatAddress(b.address);
}

interface Job {
  readonly target: Target;
  readonly address: Address;
  readonly mark: RunMark;
  readonly signal: AbortSignal | null;
  readonly resolve: () => void;
}
