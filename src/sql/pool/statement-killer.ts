import { setTimeout as sleep } from 'node:timers/promises';
import { errorText } from '../../language/error-text.ts';
import type { Logger } from '../../logger.ts';
import { realClock } from '../../model/clock.ts';
import { Deadline } from '../../model/deadline.ts';
import type { Target } from '../../model/plan.ts';
import type { RunMark } from '../../model/run-mark.ts';
import type { ConnectMeans, EngineSessions, Stopper } from '../session.ts';

/** One statement is given this long to be found and to be gone; the limit in its own session then has to end it. */
const KILL_MS = 2_000;
/** Between two looks at what the server runs. */
const AGAIN_MS = 25;
/** One that is not shown is looked for this often, since it may only be on its way. */
const LOOKS_FOR_UNSEEN = 4;

/**
 * What became of a statement that was to be stopped. hidden: the server does not show it, so it may run on. running: it was
 * seen, and has not ended. unreached: the server could not be asked.
 */
export type StopVerdict = 'gone' | 'hidden' | 'running' | 'unreached';

const WARNINGS = {
  hidden: 'it was not found there; a proxy in between may hide it',
  running: 'the server did not end it in time',
} as const;

/**
 * Stops statements over a second connection, one after the other: there is never more than one such connection to a
 * server. It goes to the address that the statement's own connection reached, and a statement is stopped only while the
 * server shows its marker under its connection.
 */
export class StatementKiller {
  readonly #sessions: () => Promise<EngineSessions>;
  readonly #logger: Logger;
  readonly #jobs: Job[] = [];
  #working = false;

  constructor(sessions: () => Promise<EngineSessions>, logger: Logger) {
    this.#sessions = sessions;
    this.#logger = logger;
  }

  /** Resolves when the statement is gone from the server, or when nothing more can be done about it. Never rejects. */
  stop(target: Target, mark: RunMark, means: ConnectMeans, signal: AbortSignal | null = null): Promise<StopVerdict> {
    return new Promise((resolve) => {
      this.#jobs.push({ target, mark, means, signal, resolve });
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
    let job: Job | undefined = first;
    let stopper: Stopper | null = null;
    try {
      for (; job !== undefined; job = this.#takeAlike(first)) {
        using deadline = new Deadline(realClock, KILL_MS, job.signal);
        stopper ??= await (await this.#sessions()).openStopper(job.target, job.mark, job.means, deadline);
        const verdict = stopper === null ? 'hidden' : await stopOn(stopper, job.mark, deadline.signal);
        if (verdict !== 'gone') this.#warn([job], WARNINGS[verdict]);
        job.resolve(verdict);
        if (verdict === 'running') break;
      }
    } catch (error) {
      // Those that wait for the same place would meet the same fate, each after its own two seconds.
      const jobs = [job ?? first];
      for (let next = this.#takeAlike(first); next !== undefined; next = this.#takeAlike(first)) jobs.push(next);
      this.#warn(jobs, errorText(error));
      for (const failed of jobs) failed.resolve('unreached');
    } finally {
      await stopper?.quit();
    }
  }

  #takeAlike(first: Job): Job | undefined {
    const index = this.#jobs.findIndex(
      ({ target, mark }) => target === first.target && mark.address === first.mark.address,
    );
    return index < 0 ? undefined : this.#jobs.splice(index, 1)[0];
  }

  #warn(jobs: readonly Job[], error: string): void {
    const [first] = jobs;
    this.#logger.warn('a statement may still be running on the server', {
      target: first?.target.name,
      address: first?.mark.address,
      connections: jobs.map(({ mark }) => mark.connectionId).join(' '),
      error,
    });
  }
}

/** A run that was never seen may hide behind a proxy. Rejects where the server cannot be asked. */
async function stopOn(
  stopper: Stopper,
  mark: RunMark,
  signal: AbortSignal,
): Promise<Exclude<StopVerdict, 'unreached'>> {
  const destroy = (): void => stopper.destroy();
  signal.addEventListener('abort', destroy, { once: true });
  let wasSeen = false;
  try {
    // A statement may begin after the first look. It may also have ended since, and then its connection is unknown.
    for (let looks = 1; ; looks++) {
      const sight = await stopper.look(mark);
      const isUnseen = sight === 'hidden' || sight === 'idle';
      if (sight === 'gone' || (isUnseen && wasSeen)) return 'gone';
      if (isUnseen && looks === LOOKS_FOR_UNSEEN) return sight === 'idle' ? 'gone' : 'hidden';
      wasSeen ||= !isUnseen;
      if (sight === 'statement') await stopper.stop(mark);
      await sleep(AGAIN_MS, undefined, { signal });
    }
  } catch (error) {
    if (signal.aborted && wasSeen) return 'running';
    throw signal.aborted ? new Error('the server did not answer in time') : error;
  } finally {
    signal.removeEventListener('abort', destroy);
  }
}

interface Job {
  readonly target: Target;
  readonly mark: RunMark;
  readonly means: ConnectMeans;
  readonly signal: AbortSignal | null;
  readonly resolve: (verdict: StopVerdict) => void;
}
