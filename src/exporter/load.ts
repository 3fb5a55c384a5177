import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { OWN_METRIC_NAMES } from '../metrics/own-metrics.ts';
import { checkCron, checkTimezone, cronPeriodMs } from '../refresh/cron.ts';
import { parseDsn } from '../sql/dsn.ts';

export interface LoadPlanOptions {
  readonly revision: number;
  readonly nowMs: number;
  readonly withoutSecrets?: boolean;
}

/** Reads and checks the configuration with what the other rooms know. Throws a `ConfigError` with every problem. */
export function loadPlan(
  paths: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { revision, nowMs, withoutSecrets = false }: LoadPlanOptions,
): LoadedConfig {
  return loadConfig(
    { paths, env, withoutSecrets },
    { parseDsn, checkCron, checkTimezone, cronPeriodMs, ownMetricNames: OWN_METRIC_NAMES },
    { revision, nowMs },
  );
}
