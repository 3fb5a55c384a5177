/**
 * Takes SIGHUP from now on. Returns what says who is called at each; one that came before that is made up for then, since
 * a signal that nobody takes would end the program.
 */
export function hangUps(): (listener: () => void) => void {
  let isMissed = false;
  let call = () => {
    isMissed = true;
  };
  process.on('SIGHUP', () => call());
  return (listener) => {
    call = listener;
    if (isMissed) listener();
  };
}

/** Resolves with the first signal that asks the program to end. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
  });
}

/**
 * Ends the process at once, as the signal does where nobody takes it; a service manager counts that as a clean end. For when
 * something cannot be ended otherwise: `process.exit` waits for calls to the system that hang, and may wait for ever.
 */
export function dieOf(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
