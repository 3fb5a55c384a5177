import type { Logger } from '../logger.ts';
import type { Failure } from '../model/failure.ts';
import type { Result } from '../model/update.ts';
import { StateLog } from './state-log.ts';

/** What the log says about the runs of one task. */
export class RunLog {
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #runs: StateLog;
  /** By family, column and reason. */
  readonly #rejections = new Map<string, StateLog>();

  constructor(logger: Logger, now: () => number) {
    this.#logger = logger;
    this.#now = now;
    this.#runs = new StateLog(logger, now);
  }

  failed({ reason, message, errno, sqlState }: Failure): void {
    // Its target says it once for all tasks.
    if (reason === 'connect' || reason === 'auth') return;
    this.#runs.wrong('refresh failed', reason, { error: message, errno, sqlstate: sqlState });
  }

  succeeded({ rejections }: Result): void {
    this.#runs.well('refresh succeeds again');
    for (const { family, column, reason, count, example, hint } of rejections) {
      const key = `${family} ${column} ${reason}`;
      const log = this.#rejections.get(key) ?? new StateLog(this.#logger, this.#now);
      this.#rejections.set(key, log);
      log.wrong('samples rejected', reason, { metric: family, column, count, example, hint: hint || undefined });
    }
  }

  /** The frames alone: the text of an error that is not ours may quote a statement or a secret. */
  fault(error: unknown): void {
    const frames =
      error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line)) : [];
    const name = error instanceof Error ? error.name : typeof error;
    this.#logger.error('fault in a refresh', { error: name, stack: frames.map((line) => line.trim()).join(' < ') });
  }
}
