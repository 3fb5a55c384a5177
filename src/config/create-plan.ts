import type { Plan, Target, Task, TaskMetric } from '../model/plan.ts';
import { taskKeyOf } from '../model/task-name.ts';
import type { LabelName } from '../model/words.ts';
import type { Context } from './context.ts';
import { checkNamespace, type Definition } from './definitions.ts';
import { fingerprintMapping, fingerprintQuery, fingerprintTarget, fingerprintTask } from './fingerprint.ts';
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
  // Once for each target: hundreds of metrics share it.
  const targetLabels = new Map(targets.all.map((target) => [target, labelsOf(target, targets.label)]));
  for (const { query, definitions, when, ...planned } of queries) {
    const queryPrint = query && fingerprintQuery(query);
    const mappingPrint = fingerprintMapping(definitions);
    for (const target of planned.targets) {
      const targetPrint = targetPrints.get(target);
      if (targetPrint === undefined) continue;
      const labels = targetLabels.get(target) ?? {};
      const metrics = definitions.map((definition) => {
        const metric = toTaskMetric(definition, labels);
        contributions.push({ definition, metric, target, when });
        return metric;
      });
      if (query === null || queryPrint === null) continue;
      const label = targets.label === null ? null : ([targets.label, target.name] as const);
      const { samples, terms } = fingerprintTask(queryPrint, mappingPrint, targetPrint, label);
      const key = taskKeyOf(query.name, target.name);
      tasks.push({ key, query, target, metrics, samplesFingerprint: samples, termsFingerprint: terms });
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

/** Labels that are the same on every sample of a target. */
function labelsOf(target: Target, label: LabelName | null): Readonly<Record<string, string>> {
  return label === null ? target.labels : { ...target.labels, [label]: target.name };
}

function toTaskMetric(definition: Definition, targetLabels: Readonly<Record<string, string>>): TaskMetric {
  const { name, type, shape, staticLabels } = definition;
  const isStatic = Object.keys(staticLabels).length > 0;
  const constantLabels = isStatic ? { ...staticLabels, ...targetLabels } : targetLabels;
  return { family: name, type, constantLabels, ...shape };
}
