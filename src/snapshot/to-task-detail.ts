import type { FamilyRegistry } from '../metrics/families.ts';
import type { MetricDetail, TaskDetail } from '../model/task-detail.ts';
import type { Entry } from './entry.ts';
import { toTaskStatus } from './status-view.ts';
import type { TargetTable } from './target-table.ts';
import { stateOf } from './task-record.ts';

/** Of all metrics together; a result may have a million lines. */
const LINES_SHOWN = 100;

/** `owner`: who polls the target, by the name that people know; null: nobody, or this exporter alone. */
export function toTaskDetail(
  entry: Entry,
  families: FamilyRegistry,
  targets: TargetTable,
  nowMs: number,
  owner: string | null,
): TaskDetail {
  const { task, record } = entry;
  const { query, target } = task;
  const { health } = targets.get(target.name);
  return {
    nowMs,
    status: toTaskStatus(entry, stateOf(record, targets.isDown(target.name)), owner),
    query,
    target: { engine: target.engine, address: target.server, health },
    metrics: metricsOf(entry, families),
  };
}

function metricsOf({ task: { key, metrics } }: Entry, families: FamilyRegistry): readonly MetricDetail[] {
  let left = LINES_SHOWN;
  return metrics.flatMap(({ family: name }) => {
    const family = families.family(name);
    if (family === undefined) return [];
    const part = family.parts.get(key);
    const lines = part === undefined ? [] : firstLines(part.text, left);
    left -= lines.length;
    return { name, type: family.type, help: family.help, series: part?.series ?? 0, lines };
  });
}

/** Decodes no more than these, however long the text is. */
function firstLines(text: Uint8Array, count: number): readonly string[] {
  let end = 0;
  for (let lines = 0; lines < count && end < text.length; lines += 1) end = text.indexOf(0x0a, end) + 1;
  return new TextDecoder().decode(text.subarray(0, end)).split('\n').slice(0, -1);
}
