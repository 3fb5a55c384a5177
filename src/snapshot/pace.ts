/** Well within the second after which a result must be visible, and few enough pages for 500 results a second. */
const GATHERING_MS = 250;
/** The oldest that a page may be which does not show everything. */
const MAX_AGE_MS = 1_000;
/** Of the time of the thread that answers, which has scrapes to answer beside it. */
const PUBLISHING_SHARE = 1 / 20;

export interface LastPage {
  /** How long making it took. */
  readonly tookMs: number;
  /** Whether anybody got it, and so may come again for the next one. */
  readonly scraped: boolean;
}

/** How long after a page the next one is made, where there is something new to be shown: all that changed until then. */
export function gatheringMs({ tookMs, scraped }: LastPage): number {
  if (!scraped) return MAX_AGE_MS;
  return Math.min(Math.max(GATHERING_MS, pauseMs(tookMs, PUBLISHING_SHARE)), MAX_AGE_MS);
}

/** How long work that took so long leaves a thread to others, to take no more than a share of it (0 to 1). */
export function pauseMs(tookMs: number, share: number): number {
  return tookMs / share - tookMs;
}
