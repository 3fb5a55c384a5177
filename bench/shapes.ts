import { createTaskRenderer } from '../src/metrics/renderer.ts';
import type { Task } from '../src/model/plan.ts';
import { type MetricOptions, metricOf } from '../test/support/metric-of.ts';
import { rowOf } from '../test/support/row-of.ts';
import { atMost, type Subject } from './support/subject.ts';

/** As `SHOW GLOBAL STATUS` of MariaDB 10.11 has them, and as many as mysqld_exporter has metrics of. */
const VARIABLES = 562;
const METRICS = 301;
const COLUMNS = 10;
const ROUNDS = 200;
const PIVOT_ROUNDS = 15;
const PIVOT_ROWS = 20_000;

export const shapes: Subject = {
  name: 'shapes',
  about: 'Rendering of results of other shapes than one value a row, from cells that are in memory; the best round.',
  async run({ progress }) {
    progress('shapes: rows by name');
    const byName = measureByName();
    progress('shapes: a pivot');
    const [pivot, apart] = comparePivot();
    return {
      tables: [
        {
          title: `${VARIABLES} rows, ${METRICS} metrics that each want one of them, in ms`,
          columns: ['begin', 'rows', 'finish'],
          rows: [[byName.begin, byName.rows, byName.finish]],
        },
        {
          title: `${PIVOT_ROWS} rows with ${COLUMNS} values each, in ms of CPU, in turn`,
          columns: ['one pivot', 'ten metrics', 'pivot / metrics'],
          rows: [[pivot, apart, pivot / apart]],
        },
      ],
      goals: [
        atMost(0.2, `ms for ${VARIABLES} rows against ${METRICS} conditions`, byName.rows),
        atMost(1.3, `of what ${COLUMNS} metrics cost, for a pivot of ${COLUMNS} columns`, pivot / apart),
      ],
    };
  },
};

interface Workload {
  readonly metrics: readonly MetricOptions[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Milliseconds of the best round of each phase. */
function measureByName(): Phases {
  const names = Array.from({ length: VARIABLES }, (_, i) => `innodb_buffer_pool_variable_${i}`);
  const metrics = names
    .slice(0, METRICS)
    .map((name) => ({ name, labels: [], constants: { target: 'db1' }, where: { name: [name] } }));
  const rows = names.map((name, i) => [name, String(i * 12_345)]);
  const render = createRound({ metrics, columns: ['name', 'n'], rows });
  const best = { begin: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY, finish: Number.POSITIVE_INFINITY };
  for (let round = 0; round < ROUNDS; round++) {
    const phases = render();
    for (const phase of ['begin', 'rows', 'finish'] as const) best[phase] = Math.min(best[phase], phases[phase]);
  }
  return best;
}

/** Milliseconds of CPU of the best round of each. */
function comparePivot(): [pivot: number, metrics: number] {
  const renders = [createRound(pivotOf()), createRound(metricsOf())] as const;
  const best: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < PIVOT_ROUNDS; round++) {
    for (const which of [0, 1] as const) {
      const before = process.cpuUsage();
      renders[which]();
      const { user, system } = process.cpuUsage(before);
      best[which] = Math.min(best[which], (user + system) / 1000);
    }
  }
  return best;
}

const VALUES = Array.from({ length: COLUMNS }, (_, i) => `c${i}`);

function pivotOf(): Workload {
  const values = Object.fromEntries(VALUES.map((column) => [column, column]));
  return wideRows([{ labels: ['db', 'name'], valueLabel: 'op', values }]);
}

function metricsOf(): Workload {
  return wideRows(VALUES.map((column) => ({ name: `m_${column}`, labels: ['db', 'name'], value: column })));
}

function wideRows(metrics: readonly MetricOptions[]): Workload {
  const rowOf = (i: number) => [`shop${i % 50}`, `table_${i}`, ...VALUES.map((_, j) => String(i * j))];
  return { metrics, columns: ['db', 'name', ...VALUES], rows: Array.from({ length: PIVOT_ROWS }, (_, i) => rowOf(i)) };
}

interface Phases {
  readonly begin: number;
  readonly rows: number;
  readonly finish: number;
}

/** Renders the rows once and says how many milliseconds each phase took. */
function createRound({ metrics, columns, rows }: Workload): () => Phases {
  // A renderer looks at nothing else.
  const query = { sql: 'select 1', maxLabelLength: 4096 };
  const task = { query, target: { engine: 'mysql' }, metrics: metrics.map(metricOf) } as unknown as Task;
  const renderer = createTaskRenderer(task);
  const cells = rows.map((row) => rowOf(row));
  return () => {
    const startedMs = performance.now();
    const result = renderer.begin({ maxSeries: Number.POSITIVE_INFINITY });
    result.columns(columns);
    const begunMs = performance.now();
    for (const row of cells) result.row(row);
    const readMs = performance.now();
    result.finish();
    return { begin: begunMs - startedMs, rows: readMs - begunMs, finish: performance.now() - readMs };
  };
}
