import type { Role } from './server-facts.ts';
import type { EngineName, LabelName, MetricName, MetricType, QueryName, TargetName, TaskKey } from './words.ts';

/** A checked configuration: what to ask, where and when. Plain data; it is posted to the poller thread. */
export interface Plan {
  readonly revision: number;
  /** How many refreshes may be under way at one time, over all targets. */
  readonly maxRunning: number;
  /** How many samples may be held, over all tasks. */
  readonly maxSeries: number;
  readonly targets: readonly Target[];
  readonly queries: readonly Query[];
  /** Every family that the tasks feed, sorted by name. */
  readonly families: readonly Family[];
  readonly tasks: readonly Task[];
}

export interface Target {
  readonly name: TargetName;
  readonly engine: EngineName;
  /**
   * Names the server: targets with the same one share its connections. Made by the engine from the address, the same for
   * every way to write that; it is shown to people and holds no secret.
   */
  readonly server: string;
  /** Whether the exporters of a fleet share the server, so that one of them polls it; else each polls it for itself. */
  readonly shared: boolean;
  readonly connection: Connection;
  readonly groups: readonly string[];
  /** Labels on every sample of this target. */
  readonly labels: Readonly<Record<string, string>>;
  /** Connections to this target's server; targets of one server share the largest. */
  readonly maxConnections: number;
  readonly connectTimeoutMs: number;
  /** Null: the target is not asked between its queries. */
  readonly pingIntervalMs: number | null;
  /** Statements that run in the session before every run. */
  readonly initSql: readonly string[];
}

/** The same for all targets of one server, and for no others. */
export function serverKeyOf({ engine, server }: Target): string {
  return `${engine} ${server}`;
}

/** How to reach one database and log in. An engine may keep more in it, which it alone reads. Plain data. */
export interface Connection {
  readonly address: Address;
  /** Empty where the engine has no users. */
  readonly user: string;
  readonly password: Password;
  /** The database to use; empty for none. */
  readonly database: string;
  /** Null: the connection is not encrypted. */
  readonly tls: Tls | null;
}

export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'socket'; readonly path: string }
  /** An absolute path, or `:memory:`. */
  | { readonly kind: 'file'; readonly path: string };

export type Password =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  /** Read at every new connection, so that a rotated password is picked up; one trailing newline is cut. */
  | { readonly kind: 'file'; readonly path: string };

export interface Tls {
  /** verify: chain and host name are checked. verify-ca: the chain alone. skip-verify: encrypted, nobody is checked. */
  readonly mode: 'verify' | 'verify-ca' | 'skip-verify';
  /** Absolute paths of PEM files, read at every new connection. */
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  /** The name to check the certificate against; null: the host of the address. */
  readonly serverName: string | null;
}

export interface Query {
  readonly name: QueryName;
  /** For people; null: nothing was said. */
  readonly description: string | null;
  readonly sql: string;
  readonly collector: string | null;
  /** Null: it applies to every target that it runs on. */
  readonly when: When | null;
  /** What its user must be granted, as a statement for people; null: nothing was said. */
  readonly needs: string | null;
  readonly schedule: Schedule;
  /** The interval, or the longest gap between two runs of the cron schedule in the coming year. */
  readonly periodMs: number;
  /** A random delay of 0 to this much is added to each run. */
  readonly jitterMs: number;
  readonly runOnStart: boolean;
  /** A missed or failed cron run is made up within this; unused with an interval. */
  readonly catchUpMs: number;
  /** One deadline over waiting, connecting, asking and reading. */
  readonly timeoutMs: number;
  readonly onError: 'keep' | 'drop';
  readonly onEmpty: 'clear' | 'keep' | 'fail';
  /** Samples older than this leave the exposition; null: never. */
  readonly maxAgeMs: number | null;
  readonly maxRows: number;
  readonly maxBytes: number;
  /** In bytes of UTF-8. */
  readonly maxLabelLength: number;
}

/** Where a query applies, decided anew before each run. All that is not null must hold; something is not null. */
export interface When {
  readonly role: Role | null;
  readonly version: VersionRange | null;
  /** A statement; it holds where the first cell of its first row is a number other than 0. */
  readonly sql: string | null;
}

/** Versions of products; one of the spans must hold a version. */
export interface VersionRange {
  /** As it was written. */
  readonly text: string;
  readonly spans: readonly VersionSpan[];
}

/** Versions from one on and before another, as their numbers; what is not written of those counts as 0. */
export interface VersionSpan {
  /** Null: of any product. */
  readonly product: string | null;
  readonly from: readonly number[];
  /** Null: there is no end. */
  readonly before: readonly number[] | null;
}

export type Schedule =
  | { readonly kind: 'interval'; readonly everyMs: number }
  /** `timezone` null: the zone of the host. */
  | { readonly kind: 'cron'; readonly expression: string; readonly timezone: string | null };

/** A metric as Prometheus knows it: several tasks, of several queries, may feed one family. */
export interface Family {
  readonly name: MetricName;
  readonly type: MetricType;
  readonly help: string;
  /** Every label name that a sample of this family may carry, sorted. */
  readonly labelNames: readonly LabelName[];
}

export interface Task {
  readonly key: TaskKey;
  readonly query: Query;
  readonly target: Target;
  readonly metrics: readonly TaskMetric[];
  /** Equal exactly when samples got under one task may stand for the other: SQL, metrics, labels, server, database. */
  readonly samplesFingerprint: string;
  /** Equal exactly when the task may go on as it runs; covers schedule, limits and policies, and the connection with its secrets. */
  readonly termsFingerprint: string;
}

/** How the rows of one task become samples of one family. */
export interface TaskMetric {
  readonly family: MetricName;
  readonly type: MetricType;
  /** Labels that a row brings, each name once. */
  readonly labels: readonly LabelSource[];
  /** Labels that are the same on every sample: static labels, the target label, the target's labels. */
  readonly constantLabels: Readonly<Record<string, string>>;
  /** The samples that a row makes, in the order of their lines. No two have both suffix and labels in common. */
  readonly samples: readonly SampleShape[];
  /** The numbers of texts, spaces around them cut; a text that is not named is read as a number. Finite numbers. */
  readonly map: Readonly<Record<string, number>>;
  /** A row is for this metric where all of them hold. */
  readonly where: readonly Condition[];
  /** The value of its sample where no row is for it; null: none. Only of a metric whose one sample has no label of a row. */
  readonly emptyValue: number | null;
  /** The value of its sample while the newest due run failed, on the same terms. */
  readonly errorValue: number | null;
}

/** Names of one column: the first that a result has is meant. Not empty. */
export type ColumnNames = readonly string[];

export interface LabelSource {
  readonly label: LabelName;
  readonly columns: ColumnNames;
}

/** One of the samples that a row makes. */
export interface SampleShape {
  /** What follows the name of the family: one of those of the metric's kind. */
  readonly suffix: string;
  readonly value: ValueSource;
  /** Labels of this sample alone: the `value_label` of a pivot, the `le` of a bucket. */
  readonly labels: Readonly<Record<string, string>>;
}

export type ValueSource =
  | { readonly kind: 'column'; readonly columns: ColumnNames }
  /** Finite. */
  | { readonly kind: 'constant'; readonly value: number };

/** Holds for a row whose cell is exactly one of the texts; never for NULL. */
export interface Condition {
  readonly columns: ColumnNames;
  readonly texts: readonly string[];
}
