import { until } from './daemon.ts';

/** Loaded before the program: what of its main thread's time one turn took at most, asked for by a signal. */
const PROBE = `import { readFileSync } from 'node:fs';
  import { isMainThread } from 'node:worker_threads';
  const cpuMs = () => Number(readFileSync('/proc/self/task/' + process.pid + '/schedstat', 'latin1').split(' ')[0]) / 1e6;
  if (isMainThread) {
    let [last, longest, asked] = [cpuMs(), 0, 0];
    setInterval(() => {
      const now = cpuMs();
      longest = Math.max(longest, now - last);
      last = now;
    }, 1).unref();
    process.on('SIGUSR2', () => {
      process.stderr.write('longest turn ' + ++asked + ': ' + longest.toFixed(1) + '\\n');
      longest = 0;
    });
  }`;

/** For the environment of a program that is to be probed. */
export const TURN_PROBE: NodeJS.ProcessEnv = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(PROBE)}`,
};

/** Asks a program that was started with {@link TURN_PROBE}. */
export class TurnProbe {
  readonly #signal: (name: NodeJS.Signals) => void;
  readonly #log: () => string;
  #asked = 0;

  constructor(signal: (name: NodeJS.Signals) => void, log: () => string) {
    this.#signal = signal;
    this.#log = log;
  }

  /** In processor time of the main thread, since it was last asked for. */
  async longestTurnMs(): Promise<number> {
    const said = new RegExp(`longest turn ${++this.#asked}: ([\\d.]+)`);
    this.#signal('SIGUSR2');
    return until('the probe', 60_000, () => {
      const ms = said.exec(this.#log())?.[1];
      return ms === undefined ? undefined : Number(ms);
    });
  }
}
