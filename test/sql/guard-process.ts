import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { FailureReason } from '../../src/model/failure.ts';
import type { Guard } from '../../src/model/guard.ts';
import type { Target } from '../../src/model/plan.ts';
import type { NotSent } from '../../src/sql/driver.ts';

export interface HolderStart {
  readonly target: Target;
  readonly sql: string;
  readonly guard: Guard;
}

/** That its statement is about to be sent, and then how it ended. */
export type FromHolder = 'started' | 'ran' | NotSent['kind'] | FailureReason;

/** Another exporter, as far as a server can tell: a process with a statement under way. */
export class HolderProcess implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(start: HolderStart): Promise<HolderProcess> {
    const child = fork(new URL('./guard-holder.js', import.meta.url), [JSON.stringify(start)]);
    const holder = new HolderProcess(child);
    const said = await holder.hear();
    if (said === 'started') return holder;
    await holder.kill();
    throw new Error(`its statement was not sent: ${said}`);
  }

  async hear(): Promise<FromHolder> {
    const [message] = await once(this.#child, 'message');
    return message as FromHolder;
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(name);
  }

  /** Ends it with kill -9. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
