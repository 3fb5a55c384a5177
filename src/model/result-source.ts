/** Who says results, and so how they are to be taken. */
export interface ResultSource {
  /** They come in the order in which they were made: the time of one that came later may be earlier, where a clock was set back. */
  readonly isInOrder: boolean;
  /** Each tells of the run that was due, so that there is nothing more to wait for. */
  readonly isCurrent: boolean;
}

export const OWN_POLLER: ResultSource = { isInOrder: true, isCurrent: true };
export const STATE_FILES: ResultSource = { isInOrder: false, isCurrent: false };
export const OTHER_REPLICAS: ResultSource = { isInOrder: false, isCurrent: true };
