import { setTimeout as sleep } from 'node:timers/promises';
import type { Deadline } from '../../model/deadline.ts';
import type { Guard } from '../../model/guard.ts';
import type { RowSink } from '../../model/rows.ts';
import type { LockHolder, Session, SessionRun } from '../session.ts';

/** Between two attempts to take the lock of a connection that was ended. */
const AGAIN_MS = 25;
/** In about two seconds it is gone from the server, or the next run will see. */
const ATTEMPTS = 80;

/** The runs of one target, some of them under guards. */
export class GuardedRuns {
  readonly #onTakeover: (holder: LockHolder) => void;
  /** By lock: the claim for which its holder was stopped. */
  readonly #spent = new Map<string, number>();

  /** `onTakeover`: a holder was stopped. */
  constructor(onTakeover: (holder: LockHolder) => void) {
    this.#onTakeover = onTakeover;
  }

  /** As a session runs it, after the end of a holder that may be stopped. */
  async run(
    session: Session,
    request: SessionRun,
    sink: RowSink,
    guard: Guard | null,
    deadline: Deadline,
  ): Promise<LockHolder | null> {
    let holder = await session.run(request, sink, deadline);
    if (holder === null || guard === null || !this.#mayStop(guard, holder)) return holder;
    await session.endHolder(holder);
    this.#onTakeover(holder);
    for (let attempt = 0; attempt < ATTEMPTS && holder !== null; attempt++) {
      await sleep(AGAIN_MS);
      holder = await session.run(request, sink, deadline);
    }
    return holder;
  }

  /** What began after the claim is the work of somebody who claims the same, and stopping each other would help nobody. */
  #mayStop({ lock, claimedMs }: Guard, { ageMs }: LockHolder): boolean {
    if (claimedMs === null || ageMs === null || this.#spent.get(lock) === claimedMs) return false;
    if (ageMs <= performance.now() - claimedMs) return false;
    this.#spent.set(lock, claimedMs);
    return true;
  }
}
