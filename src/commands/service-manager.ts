import { execFile } from 'node:child_process';
import { write } from 'node:fs';
import { promisify } from 'node:util';
import type { Logger } from '../logger.ts';
import type { ReloadOutcome } from '../web/site.ts';

/** Sends one message of sd_notify(3), given as its assignments. Rejects where the service manager was not reached. */
export type Notify = (assignments: readonly string[]) => Promise<void>;

export interface ServiceManagerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly logger: Logger;
  /** A socket that is connected to the service manager, or null. */
  readonly descriptor: number | null;
  readonly notify?: Notify;
}

/** Tells systemd how the service is. Does nothing where it was not started as a service of `Type=notify`. */
export class ServiceManager implements Disposable {
  readonly #logger: Logger;
  readonly #notify: Notify | null;
  readonly #feedEveryMs: number | null;
  #feeding: NodeJS.Timeout | null = null;
  /** Messages leave one after the other, so that the last state told is the last state known. */
  #last: Promise<void> = Promise.resolve();

  constructor(options: ServiceManagerOptions) {
    const { env, pid, logger, notify } = options;
    this.#logger = logger;
    this.#notify = env['NOTIFY_SOCKET'] ? (notify ?? createNotify(options)) : null;
    this.#feedEveryMs = this.#notify === null ? null : watchdogMs(env, pid);
  }

  /** The service is up. From now on the watchdog is fed while `isHealthy` says so. */
  ready(status: string, isHealthy: () => boolean): Promise<void> {
    if (this.#feedEveryMs !== null) {
      const feed = () => isHealthy() && void this.#tell('WATCHDOG=1');
      this.#feeding = setInterval(feed, this.#feedEveryMs).unref();
    }
    return this.#tell('READY=1', `STATUS=${status}`);
  }

  /** Runs a reload and says when it begins and ends; a unit of `Type=notify-reload` waits for that. */
  async reload(reload: () => Promise<ReloadOutcome>): Promise<void> {
    void this.#tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`);
    const { ok } = await reload();
    const at = new Date().toISOString();
    await this.#tell(
      'READY=1',
      ok
        ? `STATUS=configuration reloaded at ${at}`
        : `STATUS=configuration refused at ${at}, the former one is in force`,
    );
  }

  stopping(): Promise<void> {
    this[Symbol.dispose]();
    return this.#tell('STOPPING=1', 'STATUS=stopping');
  }

  [Symbol.dispose](): void {
    if (this.#feeding !== null) clearInterval(this.#feeding);
  }

  #tell(...assignments: readonly string[]): Promise<void> {
    const notify = this.#notify;
    if (notify === null) return this.#last;
    this.#last = this.#last
      .then(() => notify(assignments))
      .catch((error: Error) => this.#logger.warn('service manager not reached', { error: error.message }));
    return this.#last;
  }
}

/** Half of the time after which the service manager takes the process for dead, as sd_watchdog_enabled(3) advises. */
function watchdogMs(env: ServiceManagerOptions['env'], pid: number): number | null {
  const limitMs = Number(env['WATCHDOG_USEC']) / 1_000;
  const isOurs = env['WATCHDOG_PID'] === undefined || env['WATCHDOG_PID'] === String(pid);
  return isOurs && limitMs > 0 ? limitMs / 2 : null;
}

/** A message is lost only where the service manager itself stands still; it holds up nothing here. */
const NOTIFY_TIMEOUT_MS = 5_000;

const writeTo = promisify(write);
const start = promisify(execFile);

/**
 * Node.js has no datagram sockets of the unix family. A unit may hand over one that is connected; where it cannot
 * (systemd before 253), systemd's own program sends the message, which the unit must allow with `NotifyAccess=all`.
 */
function createNotify({ env, descriptor }: ServiceManagerOptions): Notify {
  if (descriptor !== null) {
    return async (assignments) => void (await writeTo(descriptor, assignments.join('\n')));
  }
  const { NOTIFY_SOCKET, PATH } = env;
  const options = { env: { NOTIFY_SOCKET, PATH }, timeout: NOTIFY_TIMEOUT_MS };
  return async (assignments) => void (await start('systemd-notify', [...assignments], options));
}
