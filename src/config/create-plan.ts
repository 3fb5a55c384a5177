import type { Plan, Query, Target, Task, TaskMetric } from '../model/plan.ts';
import type { LabelName, TaskKey } from '../model/words.ts';
import type { Context } from './context.ts';
import { checkNamespace, type Definition } from './definitions.ts';
import { type Fingerprints, fingerprintQuery, fingerprintTarget, fingerprintTask } from './fingerprint.ts';
import { type Contribution, planFamilies } from './plan-families.ts';
import { planQueries } from './queries.ts';
import type { Config } from './schema.ts';
import { planTargets } from './targets.ts';

const DEFAULT_MAX_RUNNING = 64;
const DEFAULT_MAX_SERIES = 1_000_000;

/**
 * Checks what a schema cannot and turns entries into tasks. Problems are added to the document; the plan is whole only
 * if there are none.
 */
export function createPlan(config: Config, revision: number, context: Context): Plan {
  const { document } = context;
  if (config.namespace !== undefined) checkNamespace(['namespace'], config.namespace, document);
  const targets = planTargets(config, context);
  const queries = planQueries(config, targets, context);
  const contributions: Contribution[] = [];
  const targetPrints = new Map(targets.all.map((target) => [target, fingerprintTarget(target)]));
  const tasks: Task[] = [];
  for (const planned of queries) {
    const { query } = planned;
    const queryPrint = query && fingerprintQuery(query);
    for (const target of planned.targets) {
      const targetPrint = targetPrints.get(target);
      if (targetPrint === undefined) continue;
      const metrics = planned.definitions.map((definition) => {
        const metric = toTaskMetric(definition, target, targets.label);
        contributions.push({ definition, metric, target, when: planned.when });
        return metric;
      });
      if (query !== null && queryPrint !== null) tasks.push(toTask(query, target, metrics, queryPrint, targetPrint));
    }
  }
  return {
    revision,
    maxRunning: config.max_running ?? DEFAULT_MAX_RUNNING,
    maxSeries: config.max_series ?? DEFAULT_MAX_SERIES,
    targets: targets.all,
    queries: queries.flatMap(({ query }) => query ?? []),
    families: planFamilies(contributions, document),
    tasks,
  };
}

function toTaskMetric(definition: Definition, target: Target, targetLabel: LabelName | null): TaskMetric {
  const { name, type, shape, staticLabels } = definition;
  const constantLabels = { ...staticLabels, ...target.labels };
  return {
    family: name,
    type,
    constantLabels: targetLabel === null ? constantLabels : { ...constantLabels, [targetLabel]: target.name },
    ...shape,
  };
}

function toTask(
  query: Query,
  target: Target,
  metrics: readonly TaskMetric[],
  queryPrint: Fingerprints,
  targetPrint: Fingerprints,
): Task {
  const { samples, terms } = fingerprintTask(queryPrint, targetPrint, metrics);
  return {
    // Names may hold any printable text, so only a notation that escapes keeps any two pairs apart.
    key: JSON.stringify([query.name, target.name]) as TaskKey,
    query,
    target,
    metrics,
    samplesFingerprint: samples,
    termsFingerprint: terms,
  };
}
