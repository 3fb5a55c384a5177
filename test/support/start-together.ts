type Own = <T extends AsyncDisposable>(starting: Promise<T>) => Promise<T>;

/** What belongs together is there as a whole or not at all: where `start` fails, everything ends that it had called its own. */
export async function startTogether<T>(start: (own: Own) => Promise<T>): Promise<T> {
  const all: Promise<AsyncDisposable>[] = [];
  try {
    return await start((starting) => {
      all.push(starting);
      return starting;
    });
  } catch (error) {
    // Some may be starting still.
    for (const one of (await Promise.allSettled(all)).reverse()) {
      if (one.status === 'fulfilled') await one.value[Symbol.asyncDispose]();
    }
    throw error;
  }
}
