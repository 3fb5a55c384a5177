import type { DsnResult } from '../model/dsn.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** Where what a configuration leaves open comes from. */
export interface Secrets {
  readonly env: Env;
  /** True: a variable or file that is not here will be where the exporter runs. */
  readonly areElsewhere: boolean;
}

/** What a configuration must be checked against and that other rooms know. */
export interface Knowledge {
  readonly parseDsn: (text: string) => DsnResult;
  /** Null: fine; else what is wrong with the expression. */
  readonly checkCron: (expression: string) => string | null;
  /** Null: fine; else what is wrong with the time zone. */
  readonly checkTimezone: (zone: string) => string | null;
  /** The longest gap between two runs in the year after `fromMs`; timezone null: the host's. */
  readonly cronPeriodMs: (expression: string, timezone: string | null, fromMs: number) => number;
  /** Full names of the exporter's own metrics and of the process metrics. */
  readonly ownMetricNames: ReadonlySet<string>;
}
