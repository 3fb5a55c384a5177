import type { Failure, RejectionReason } from './failure.ts';
import type { MetricName } from './words.ts';

/** What came of one run. */
export type Outcome =
  | Result
  | { readonly kind: 'failure'; readonly failure: Failure }
  /** The query's `when` does not hold on the target now: it has no samples there, and that is no failure. */
  | { readonly kind: 'not_applicable'; readonly why: string };

export interface Result {
  readonly kind: 'result';
  /** One per metric of the task, also where it holds no series. */
  readonly parts: readonly Part[];
  readonly rows: number;
  readonly series: number;
  readonly rejections: readonly Rejection[];
  /** Metrics that lost all their samples to rejections, while another one has some. */
  readonly rejecting: readonly MetricName[];
}

/** The lines that one task contributes to one family. */
export interface Part {
  readonly family: MetricName;
  readonly series: number;
  /** Whole lines of text format 0.0.4 without HELP and TYPE, each ended by `\n`, in UTF-8. Empty for no series. */
  readonly text: Uint8Array;
  /** CRC-32 of `text`. */
  readonly crc32: number;
  /**
   * `text` as raw deflate blocks (RFC 1951) that refer to nothing before them, hold no final block and end at a byte
   * boundary, so that blocks of several parts in a row make one stream. Null where the text is too small for a block
   * of its own: it is compressed together with its neighbours.
   */
  readonly deflated: Uint8Array | null;
}

/** The samples of one metric column that were left out of a result, for one reason. */
export interface Rejection {
  readonly reason: RejectionReason;
  readonly count: number;
  readonly family: MetricName;
  readonly column: string;
  /** The first offender as printable text, cut to 32 characters. */
  readonly example: string;
  /** What to do about it, such as "use UNIX_TIMESTAMP(created_at)"; empty where nothing general can be said. */
  readonly hint: string;
}
