/**
 * The words of this program. One concept has one word, from the YAML key to the type, the log field and
 * the metric label.
 *
 * - target: one database instance that we query; a group is a name that selects several targets.
 * - query: a named SQL text with its schedule and the metrics that its columns make.
 * - collector: an optional name that several queries share, to ask for them together.
 * - task: one query on one target, the unit that is scheduled and reported on.
 * - refresh: one run of a task against its database. Its end is an outcome.
 * - update: what one refresh said, as plain data that may be posted, written and replayed.
 * - row → sample → series → family: as in Prometheus.
 * - part: the lines that one task contributes to one family, with their compressed block.
 * - snapshot: the latest parts and times of every task.
 * - exposition: the snapshot as finished bytes; a page is one exposition that can be sent as it is.
 * - scrape: one HTTP pull of a page.
 * - layout: the order of everything that may stand on the page. Each family has its place in it, which is a slot for its
 *   head and one for each of its parts, whether the part is there or not; neighbouring slots form a bucket, the unit that
 *   is made anew when something in it changes.
 * - segment: a stretch of a page as finished bytes, plain and as deflate blocks that can stand between those of others.
 * - revision: the number of a plan; it grows with every reload.
 *
 * A time is milliseconds since the epoch and ends in `AtMs`; a length of time ends in `Ms`.
 */

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** The name of a target, as written in the configuration; `default` for a top-level dsn. */
export type TargetName = Branded<'TargetName'>;
/** The name of a query, as written in the configuration. */
export type QueryName = Branded<'QueryName'>;
/** A full family name (prefix included) that Prometheus accepts. */
export type MetricName = Branded<'MetricName'>;
/** A label name that Prometheus accepts and that is not reserved. */
export type LabelName = Branded<'LabelName'>;
/** Names one task. Opaque: nobody takes one apart. */
export type TaskKey = Branded<'TaskKey'>;

export type MetricType = 'gauge' | 'counter' | 'histogram';
/** The name of an engine in the table of `sql/engines`. */
export type EngineName = string;
