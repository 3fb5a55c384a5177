import type { Fields, Logger } from '../logger.ts';
import type { Failure } from '../model/failure.ts';
import type { Outcome, Result } from '../model/outcome.ts';
import type { Voice } from './cause-log.ts';
import { StateLog } from './state-log.ts';

/** What the log says about the runs of one task. */
export class RunLog {
  readonly #logger: Logger;
  readonly #runs: Voice;
  readonly #rejections: StateLog;

  constructor(logger: Logger, runs: Voice, now: () => number) {
    this.#logger = logger;
    this.#runs = runs;
    this.#rejections = new StateLog(logger, now);
  }

  /** Every run, however many there are: for whoever asked for more. */
  ended(outcome: Outcome, durationMs: number, sql: string): void {
    this.#logger.debug('refresh ended', { ...fieldsOf(outcome), duration_ms: Math.round(durationMs), sql });
  }

  failed({ reason, message, errno, sqlState }: Failure): void {
    // Its target says it once for all tasks.
    if (reason === 'connect' || reason === 'auth') return;
    this.#runs.wrong('refresh failed', reason, { error: message, errno, sqlstate: sqlState }, message);
  }

  /** That a statement was not sent is no failure, but somebody will wonder why the samples age. */
  guarded(why: string): void {
    this.#runs.wrong('refresh skipped', 'guarded', { why }, why);
  }

  succeeded({ rejections }: Result): void {
    this.#runs.well('refresh succeeds again');
    const [first] = rejections;
    if (first === undefined) return;
    // One line a refresh: the first offender by name, whatever else was rejected as a number.
    const { family, column, reason, example, hint } = first;
    const count = rejections.reduce((sum, rejection) => sum + rejection.count, 0);
    const fields = { metric: family, column, count, example, hint: hint || undefined };
    this.#rejections.wrong('samples rejected', reason, fields);
  }

  /** Nothing is heard of the task any more. */
  end(): void {
    this.#runs.leave();
  }

  /** The frames alone: the text of an error that is not ours may quote a statement or a secret. */
  fault(error: unknown): void {
    const frames =
      error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line)) : [];
    const name = error instanceof Error ? error.name : typeof error;
    this.#logger.error('fault in a refresh', { error: name, stack: frames.map((line) => line.trim()).join(' < ') });
  }
}

function fieldsOf(outcome: Outcome): Fields {
  switch (outcome.kind) {
    case 'result':
      return { rows: outcome.rows, series: outcome.series };
    case 'failure':
      return { reason: outcome.failure.reason };
    case 'not_applicable':
      return { reason: outcome.kind, why: outcome.why };
    default:
      return outcome satisfies never;
  }
}
