import type { Clock } from '../model/clock.ts';
import type { NarrowedPage, Selection } from '../model/page.ts';
import type { Exposition } from './exposition.ts';
import { pauseMs } from './pace.ts';
import { selectionKey } from './selection.ts';

export interface NarrowingOptions {
  readonly exposition: Pick<Exposition, 'ready' | 'narrow'>;
  readonly clock: Clock;
}

/** Of the time of the thread that answers, which has other scrapes to answer: enough for 5,000 targets every 15 seconds. */
const NARROWING_SHARE = 1 / 5;
/** As many as there may be clients. */
const MAX_WAITING = 512;

interface Request {
  readonly selection: Selection;
  /** The same for the same names. */
  readonly key: string;
  readonly answer: (page: NarrowedPage | Promise<NarrowedPage>) => void;
}

/**
 * Narrowed pages for whoever asks: what is ready at once, the others one after the other with pauses between them, so that
 * nobody keeps the thread busy by asking for much.
 */
export class Narrowing {
  readonly #exposition: NarrowingOptions['exposition'];
  readonly #clock: Clock;
  #waiting: readonly Request[] = [];
  #pausing = false;

  constructor({ exposition, clock }: NarrowingOptions) {
    this.#exposition = exposition;
    this.#clock = clock;
  }

  /** Null: too many wait already. */
  async narrow(selection: Selection): Promise<NarrowedPage | null> {
    const ready = this.#exposition.ready(selection);
    if (ready !== null) return ready;
    if (this.#waiting.length >= MAX_WAITING) return null;
    return new Promise((answer) => {
      this.#waiting = [...this.#waiting, { selection, key: selectionKey(selection), answer }];
      this.#goOn();
    });
  }

  #goOn(): void {
    const [next] = this.#waiting;
    if (next === undefined || this.#pausing) return;
    const page = this.#make(next.selection);
    const isSame = ({ key }: Request) => key === next.key;
    const answered = this.#waiting.filter(isSame);
    this.#waiting = this.#waiting.filter((request) => !isSame(request));
    for (const { answer } of answered) answer(page);
  }

  /** Rejects where making it throws, which is a fault for the log of the one request. */
  async #make(selection: Selection): Promise<NarrowedPage> {
    const beginMs = this.#clock.monotonic();
    try {
      return this.#exposition.narrow(selection);
    } finally {
      this.#pausing = true;
      this.#clock.setTimeout(
        () => {
          this.#pausing = false;
          this.#goOn();
        },
        pauseMs(this.#clock.monotonic() - beginMs, NARROWING_SHARE),
      );
    }
  }
}
