/**
 * Work that costs as much as there are tasks, cut into steps of bounded size: it rests at each `yield`, and whoever runs it
 * may do something else there.
 */
export type Steps<Result = void> = Generator<void, Result, void>;

/** Many enough that resting costs nothing, few enough for less than a millisecond of the usual work. */
export const ITEMS_PER_STEP = 256;
/** How long a thread that answers may keep somebody waiting. */
const TURN_MS = 4;

/** The items in their order, as many at a time as one step may deal with. */
export function* chunksOf<Item>(items: Iterable<Item>): Generator<readonly Item[]> {
  let chunk: Item[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < ITEMS_PER_STEP) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** All steps at once, where nobody waits. */
export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Some steps at a time, and between them whatever else the thread has to do. Rejects once the signal is given. */
export async function takeTurns<Result>(steps: Steps<Result>, signal?: AbortSignal): Promise<Result> {
  for (;;) {
    const endMs = performance.now() + TURN_MS;
    do {
      const step = steps.next();
      if (step.done) return step.value;
    } while (performance.now() < endMs);
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
}
