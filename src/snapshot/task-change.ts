import type { Family, Task, TaskMetric } from '../model/plan.ts';
import type { MetricName } from '../model/words.ts';

/** The families of a plan. */
export type Definitions = ReadonlyMap<MetricName, Family>;

/**
 * The families of which a task may keep its samples through a reload. All of them where its samples mean the same. Else
 * those that it feeds with the same labels as before: only then are the old samples sure not to be series of another task
 * of the new plan. What is left of them is shown until the first new result.
 */
export function keptFamilies(
  oldTask: Task,
  oldDefinitions: Definitions,
  newTask: Task,
  newDefinitions: Definitions,
): ReadonlySet<MetricName> {
  const isKept =
    oldTask.samplesFingerprint === newTask.samplesFingerprint
      ? () => true
      : (metric: TaskMetric) =>
          isAlike(metric, oldTask) && isDeclaredAlike(metric.family, oldDefinitions, newDefinitions);
  return new Set(newTask.metrics.filter(isKept).map(({ family }) => family));
}

function isAlike(metric: TaskMetric, { metrics }: Task): boolean {
  const old = metrics.find(({ family }) => family === metric.family);
  return old !== undefined && old.type === metric.type && labelsOf(old) === labelsOf(metric);
}

function isDeclaredAlike(name: MetricName, oldDefinitions: Definitions, newDefinitions: Definitions): boolean {
  const [before, after] = [oldDefinitions.get(name), newDefinitions.get(name)];
  return before !== undefined && after !== undefined && definitionOf(before) === definitionOf(after);
}

function labelsOf({ labels, constantLabels, samples }: TaskMetric): string {
  const ofSamples = samples.map((sample) => [sample.suffix, Object.entries(sample.labels).sort()]);
  return JSON.stringify([labels.map(({ label }) => label).sort(), Object.entries(constantLabels).sort(), ofSamples]);
}

/** HELP may change: it stands in the head of the family and not in its samples. */
function definitionOf({ type, labelNames }: Family): string {
  return JSON.stringify([type, labelNames]);
}
