import { formatDuration } from '../../language/duration.ts';

/** A statement that nobody saw end may run on for long, and copies of it must not pile up on the server. */
const LEAST_PAUSE_MS = 60_000;
const PAUSE_IN_LIMITS = 10;

/** Guests whose statement may still be running on the server: they do not send it again for a while. */
export class UnconfirmedStops {
  readonly #untilMs = new WeakMap<object, number>();

  add(guest: object, limitMs: number): void {
    this.#untilMs.set(guest, performance.now() + Math.max(LEAST_PAUSE_MS, PAUSE_IN_LIMITS * limitMs));
  }

  /** Why the guest has to wait, in words; null: it has not. */
  whyNot(guest: object): string | null {
    const leftMs = (this.#untilMs.get(guest) ?? 0) - performance.now();
    if (leftMs <= 0) return null;
    const pause = formatDuration(Math.ceil(leftMs / 1_000) * 1_000);
    return `its last statement was not seen to end on the server and may still be running; it is not sent again for ${pause}`;
  }
}
