import { METRIC_KINDS } from '../model/metric-kind.ts';
import type { Part, Rejection } from '../model/outcome.ts';
import type { Row } from '../model/rows.ts';
import { joinParts } from './block.ts';
import { DistributionWriter } from './distribution-writer.ts';
import type { LineWriter, SizeHint } from './line-writer.ts';
import type { MetricLayout } from './metric-layout.ts';
import { RejectionLog } from './rejection-log.ts';
import { SampleWriter } from './sample-writer.ts';
import type { Space } from './text-buffer.ts';

const WRITERS = { samples: SampleWriter, distribution: DistributionWriter } as const;

/** What one metric has of a result. */
export interface Finished {
  readonly part: Part;
  /** How many rows were for the metric. */
  readonly rows: number;
  readonly rejections: readonly Rejection[];
  /** Of its texts. */
  readonly sizes: readonly SizeHint[];
}

/**
 * Writes the samples of one metric in one result. The samples of a pivot have a text each, joined at the end: lines of one
 * kind in a row are compressed in half the time of mixed ones.
 */
export class MetricWriter {
  readonly #writers: readonly LineWriter[];
  readonly #rejections: RejectionLog;
  #rows = 0;

  /** `sizes`, `spaces`: of its texts, as far as they are known or given. */
  constructor(layout: MetricLayout, sizes: readonly SizeHint[], spaces: Iterator<Space>) {
    const rejections = new RejectionLog(layout.terms);
    const Writer = WRITERS[METRIC_KINDS[layout.metric.type].row];
    this.#rejections = rejections;
    this.#writers = layout.texts.map((text, index) => {
      const space = layout.terms.hasLabels ? null : (spaces.next().value as Space);
      return new Writer(layout, text, sizes[index] ?? { bytes: 0, series: 0 }, space, rejections);
    });
  }

  /** Returns how many samples the row makes, unless an earlier row had its labels. */
  row(row: Row): number {
    this.#rows++;
    const writers = this.#writers;
    let made = 0;
    for (let i = 0; i < writers.length; i++) made += (writers[i] as LineWriter).row(row);
    return made;
  }

  /** How many samples the rows so far make. */
  settle(): number {
    return this.#writers.reduce((sum, writer) => sum + writer.settle(), 0);
  }

  finish(): Finished {
    const parts = this.#writers.map((writer) => writer.finish());
    return {
      part: joinParts(parts),
      rows: this.#rows,
      rejections: this.#rejections.rejections(),
      sizes: parts.map(({ text, series }) => ({ bytes: text.length, series })),
    };
  }
}
