import type { Family } from './plan.ts';
import type { LabelName, MetricName, MetricType } from './words.ts';

interface Definition {
  readonly type: MetricType;
  readonly labels: readonly string[];
  readonly help: string;
}

const PER_TASK = ['query', 'target'] as const;
const PER_TASK_AND_REASON = ['query', 'reason', 'target'] as const;

/**
 * What the exporter says about itself, whatever the namespace of the queries. What has not happened yet has no sample:
 * no time, no outcome and no reason stands at 0 before its day.
 */
export const OWN_METRICS = {
  build_info: {
    type: 'gauge',
    labels: ['branch', 'nodeversion', 'revision', 'version'],
    help: 'The version of query-exporter that is running; the value is always 1.',
  },
  target_up: {
    type: 'gauge',
    labels: ['target'],
    help: 'Whether the target answered when it was last asked (1) or not (0).',
  },
  target_protection: {
    type: 'gauge',
    labels: ['protection', 'target'],
    help: 'Whether the server of the target gives a protection (1) or lacks it (0).',
  },
  target_unconfirmed_stops_total: {
    type: 'counter',
    labels: ['target'],
    help: 'Statements that were to be stopped on the server and that nobody saw end.',
  },
  query_up: {
    type: 'gauge',
    labels: PER_TASK,
    help: 'Whether the newest refresh that was due succeeded (1), or failed or could not be made (0).',
  },
  query_not_applicable: {
    type: 'gauge',
    labels: PER_TASK,
    help: 'The condition of the query does not hold on the target, so it is not run there; always 1.',
  },
  query_last_success_timestamp_seconds: {
    type: 'gauge',
    labels: PER_TASK,
    help: 'When a refresh last succeeded.',
  },
  query_last_refresh_timestamp_seconds: {
    type: 'gauge',
    labels: PER_TASK,
    help: 'When a refresh last ended, with success or not.',
  },
  query_next_refresh_timestamp_seconds: {
    type: 'gauge',
    labels: PER_TASK,
    help: 'When the next refresh is due.',
  },
  query_period_seconds: {
    type: 'gauge',
    labels: ['query'],
    help: 'The time between two refreshes; of a cron schedule the longest gap in a year.',
  },
  query_last_duration_seconds: {
    type: 'gauge',
    labels: PER_TASK,
    help: 'How long the last refresh took: waiting, connecting, asking and reading.',
  },
  query_refreshes_total: {
    type: 'counter',
    labels: PER_TASK,
    help: 'Refreshes that were attempted.',
  },
  query_failures_total: {
    type: 'counter',
    labels: PER_TASK_AND_REASON,
    help: 'Refreshes that failed, by reason.',
  },
  query_skips_total: {
    type: 'counter',
    labels: PER_TASK_AND_REASON,
    help: 'Refreshes that were due but did not happen, by reason.',
  },
  query_rows: {
    type: 'gauge',
    labels: PER_TASK,
    help: 'Rows in the last result.',
  },
  query_series: {
    type: 'gauge',
    labels: PER_TASK,
    help: 'Series that the query has in the exposition.',
  },
  query_rejected_samples_total: {
    type: 'counter',
    labels: PER_TASK_AND_REASON,
    help: 'Samples that were left out of a result, by reason.',
  },
  config_last_reload_successful: {
    type: 'gauge',
    labels: [],
    help: 'Whether the last reload of the configuration was accepted (1) or refused (0).',
  },
  config_last_reload_success_timestamp_seconds: {
    type: 'gauge',
    labels: [],
    help: 'When a configuration was last accepted.',
  },
  poller_restarts_total: {
    type: 'counter',
    labels: [],
    help: 'How often the thread that asks the databases died and was started again.',
  },
  poller_lag_seconds: {
    type: 'gauge',
    labels: [],
    help: 'The longest that the thread that asks the databases was late by in the last minute.',
  },
  exposition_series: {
    type: 'gauge',
    labels: [],
    help: 'Series in the exposition, without the two about its own size.',
  },
  exposition_bytes: {
    type: 'gauge',
    labels: [],
    help: 'Size of the exposition before compression, without the two metrics about its own size.',
  },
  fleet_store_up: {
    type: 'gauge',
    labels: [],
    help: 'Whether the store of the fleet answered when it was last asked (1) or not (0).',
  },
  fleet_members: {
    type: 'gauge',
    labels: [],
    help: 'Exporters in the fleet, this one included.',
  },
  fleet_owned_servers: {
    type: 'gauge',
    labels: [],
    help: 'Shared servers that this exporter polls.',
  },
  fleet_owned_tasks: {
    type: 'gauge',
    labels: [],
    help: 'Tasks on shared servers that this exporter polls.',
  },
  fleet_takeovers_total: {
    type: 'counter',
    labels: ['reason'],
    help: 'Servers that this exporter took over, by reason.',
  },
  fleet_refused_updates_total: {
    type: 'counter',
    labels: [],
    help: 'Results that were not kept, since another exporter had taken their server over.',
  },
  fleet_pending_updates: {
    type: 'gauge',
    labels: [],
    help: 'Results that wait to be written to the store of the fleet.',
  },
  fleet_replication_seconds: {
    type: 'gauge',
    labels: [],
    help: 'The longest that a result of another exporter took from the store to this one in the last minute.',
  },
  fleet_clock_skew_seconds: {
    type: 'gauge',
    labels: [],
    help: 'By how much the clock of this host is ahead of the clock of the store of the fleet.',
  },
} as const satisfies Record<string, Definition>;

/** One of them, without its prefix. */
export type OwnMetric = keyof typeof OWN_METRICS;

/** The full name of one of them. */
export function ownMetricName(metric: OwnMetric): MetricName {
  return `query_exporter_${metric}` as MetricName;
}

export const OWN_FAMILIES: readonly Family[] = (Object.keys(OWN_METRICS) as OwnMetric[]).map((metric) => {
  const { type, help, labels } = OWN_METRICS[metric];
  return { name: ownMetricName(metric), type, help, labelNames: [...labels] as string[] as LabelName[] };
});

/** The names by which clients of Prometheus know them. Those that its linter refuses are left out. */
const PROCESS_METRICS = {
  process_cpu_seconds_total: ['counter', 'User and system CPU time spent by all threads.'],
  process_resident_memory_bytes: ['gauge', 'Resident memory size.'],
  process_virtual_memory_bytes: ['gauge', 'Virtual memory size.'],
  process_start_time_seconds: ['gauge', 'When the process started.'],
  process_open_fds: ['gauge', 'Open file descriptors.'],
  process_max_fds: ['gauge', 'How many file descriptors may be open.'],
  nodejs_heap_size_used_bytes: ['gauge', 'Used JavaScript heap of the main thread.'],
  nodejs_heap_size_total_bytes: ['gauge', 'JavaScript heap of the main thread.'],
  nodejs_external_memory_bytes: ['gauge', 'Memory outside of the heap that belongs to objects of the main thread.'],
  nodejs_eventloop_lag_p99_seconds: ['gauge', 'Lag of the main thread since the last collection, 99th percentile.'],
} as const satisfies Record<string, readonly [MetricType, string]>;

/** One of them. */
export type ProcessMetric = keyof typeof PROCESS_METRICS;

export const PROCESS_FAMILIES: readonly Family[] = Object.entries(PROCESS_METRICS).map(([name, [type, help]]) => {
  return { name: name as MetricName, type, help, labelNames: [] };
});

/** Names that no metric of a query may have, process metrics among them. */
export const OWN_METRIC_NAMES: ReadonlySet<string> = new Set(
  [...OWN_FAMILIES, ...PROCESS_FAMILIES].map((family) => family.name),
);
