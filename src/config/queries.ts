import { isName } from '../language/names.ts';
import { quote } from '../language/quote.ts';
import type { Query, Target, When } from '../model/plan.ts';
import type { QueryName } from '../model/words.ts';
import { findEngine } from '../sql/engines.ts';
import { onePerServer, planWhen } from './applicability.ts';
import type { Context } from './context.ts';
import { enginesOf, refuseCutSql } from './cut-sql.ts';
import { type Definition, planMetrics } from './definitions.ts';
import { readTextFile, resolveBeside } from './files.ts';
import type { Path } from './path.ts';
import type { QueryOptions } from './query-schema.ts';
import { checkDefaultTiming, planSchedule } from './schedules.ts';
import type { Config } from './schema.ts';
import { didYouMean } from './suggestion.ts';
import type { Targets } from './targets.ts';
import type { WrittenQuery } from './written-query.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_ROWS = 10_000;
const DEFAULT_MAX_BYTES = 16_777_216;
const DEFAULT_MAX_LABEL_LENGTH = 4_096;
const SHORTEST_DEFAULT_MAX_AGE_MS = 300_000;
const PERIODS_OF_MAX_AGE = 3;
const MAX_SQL_BYTES = 1_048_576;

/** A query with the targets that it runs on and the metrics that it makes there. */
export interface PlannedQuery {
  /** Null: what is wrong with it was said, but its metrics may still conflict with others. */
  readonly query: Query | null;
  readonly when: When | null;
  readonly targets: readonly Target[];
  readonly definitions: readonly Definition[];
}

/** What is wrong with one of them was said. */
export function planQueries(config: Config, targets: Targets, context: Context): PlannedQuery[] {
  const { document } = context;
  const queries = writtenQueries(config);
  const isKnownWrong = ([['packs'], ['queries'], ['metrics']] as const).some(
    (path) => document.isWrong(path) || document.isMistyped(path),
  );
  if (queries.length === 0 && !isKnownWrong) {
    document.refuse([], 'nothing to ask: expected a query under "packs", "queries" or "metrics"');
  }
  const defaults = config.defaults ?? {};
  checkDefaultTiming(defaults, context);
  const paths = new Map<string, Path>();
  const planned: PlannedQuery[] = [];
  for (const written of queries) {
    const earlier = paths.get(written.name);
    if (earlier !== undefined) {
      document.refuseKey(written.path, `a query has this name already (${document.formatKeyPlace(earlier)})`);
    }
    paths.set(written.name, written.path);
    planned.push(planQuery(written, defaults, config.namespace, targets, context));
  }
  return planned;
}

function writtenQueries(config: Config): WrittenQuery[] {
  const full = Object.entries(config.queries ?? {}).map(([name, entry]) => {
    const path = ['queries', name];
    const metrics = Object.entries(entry.metrics ?? {}).map(([metric, metricEntry]) => {
      return { name: metric, path: [...path, 'metrics', metric], entry: metricEntry };
    });
    return { name, path, entry, metrics };
  });
  const short = Object.entries(config.metrics ?? {}).map(([name, entry]) => {
    const path = ['metrics', name];
    return { name, path, entry, metrics: [{ name, path, entry }] };
  });
  return [...full, ...short];
}

function planQuery(
  written: WrittenQuery,
  defaults: QueryOptions,
  namespace: string | undefined,
  targets: Targets,
  context: Context,
): PlannedQuery {
  const { document } = context;
  const { name, path, entry } = written;
  const before = document.problems.count;
  // In the short form it is the name of a metric, which has a rule of its own.
  if (!isName(name) && path[0] === 'queries') document.refuseKey(path, 'expected a name without control characters');
  const named = ofPack(path, selectTargets(path, entry.targets, targets, context), targets, context);
  const selected = entry.once_per === 'server' ? onePerServer(named) : named;
  const sql = planSql(path, entry, selected, context);
  const timing = planSchedule(path, entry, defaults, context);
  const when = planWhen([...path, 'when'], entry.when, selected, context);
  const definitions = planMetrics(written, selected, namespace, targets, context);
  const isSound = document.problems.count === before && !document.isWrong(path) && !document.isWrong(['defaults']);
  if (!isSound || sql === null || timing === null) return { query: null, when, targets: selected, definitions };
  const options = { ...defaults, ...entry };
  const { periodMs } = timing;
  const shortest = Math.max(PERIODS_OF_MAX_AGE * periodMs, SHORTEST_DEFAULT_MAX_AGE_MS);
  const maxAgeMs = options.max_age === undefined ? shortest : options.max_age;
  if (maxAgeMs !== null && maxAgeMs < periodMs) {
    const key = [...(entry.max_age === undefined ? ['defaults'] : path), 'max_age'];
    document.warn(key, `is shorter than the period of the query ${quote(name)}: samples leave before new ones come`);
  }
  if (options.timeout !== undefined && options.timeout > periodMs) {
    const key = [...(entry.timeout === undefined ? ['defaults'] : path), 'timeout'];
    document.warn(
      key,
      `is longer than the period of the query ${quote(name)}: runs that are due meanwhile are skipped`,
    );
  }
  const query: Query = {
    name: name as QueryName,
    description: entry.description?.trim() || null,
    sql,
    collector: entry.collector ?? null,
    when,
    needs: entry.needs?.trim() || null,
    ...timing,
    timeoutMs: options.timeout ?? DEFAULT_TIMEOUT_MS,
    onError: options.on_error ?? 'keep',
    onEmpty: options.on_empty ?? 'clear',
    maxAgeMs,
    maxRows: options.max_rows ?? DEFAULT_MAX_ROWS,
    maxBytes: options.max_bytes ?? DEFAULT_MAX_BYTES,
    maxLabelLength: options.max_label_length ?? DEFAULT_MAX_LABEL_LENGTH,
  };
  return { query, when, targets: selected, definitions };
}

const SQL_KEYS = ['query', 'sql', 'sql_file'] as const;

const OUTDENTED = 'missing "sql" or "sql_file"; if it belongs to the query above, it is indented too little';

function isKeyOfQuery(path: Path): boolean {
  return ['sql', 'metrics', 'targets', 'interval', 'schedule', 'timeout'].includes(String(path.at(-1)));
}

function planSql(
  path: Path,
  entry: WrittenQuery['entry'],
  selected: readonly Target[],
  context: Context,
): string | null {
  const { document } = context;
  const isShortForm = path[0] === 'metrics';
  const keys = SQL_KEYS.filter((key) => isShortForm || key !== 'query');
  const given = keys.filter((key) => document.has([...path, key]));
  const [key, ...others] = given;
  for (const other of others) document.refuseKey([...path, other], `excludes "${key}"`);
  if (key === undefined) {
    if (!isShortForm && isKeyOfQuery(path)) document.refuseKey(path, OUTDENTED);
    else document.requireOneOf(path, keys);
    return null;
  }
  const keyPath = [...path, key];
  const written = entry[key];
  if (written === undefined) return null;
  const sql = key === 'sql_file' ? readSqlFile(keyPath, written, context) : written;
  if (key !== 'sql_file') refuseCutSql(keyPath, enginesOf(selected), document);
  if (sql === null) return null;
  if (sql.trim() === '') document.refuse(keyPath, 'there is no SQL');
  if (sql.includes('\0')) document.refuse(keyPath, 'SQL cannot contain the character NUL');
  return sql;
}

function readSqlFile(path: Path, written: string, context: Context): string | null {
  const absolute = resolveBeside(context.document.configPathOf(path), written);
  const file = readTextFile(absolute, MAX_SQL_BYTES);
  if (file.ok) return file.text;
  context.refuseFile(path, absolute, file.problem);
  return null;
}

/** A query of a pack runs on the targets of the pack's engine, any other on all that were selected. */
function ofPack(path: Path, selected: readonly Target[], targets: Targets, { document }: Context): readonly Target[] {
  const word = document.packed.at(path)?.engine;
  if (word === undefined) return selected;
  const engine = findEngine(word);
  const able = selected.filter((target) => target.engine === engine?.name);
  // Of a target that is wrong the engine is not known.
  const areRight = [...targets.byName.values()].every((members) => members.length > 0);
  if (able.length === 0 && selected.length > 0 && areRight) {
    const text = `none of its targets is ${engine?.title ?? word}, which the pack is for`;
    document.refuse([...path, 'targets'], text);
  }
  return able;
}

/** In the order of the configuration, each once. */
function selectTargets(
  path: Path,
  names: readonly string[] | undefined,
  targets: Targets,
  { document }: Context,
): readonly Target[] {
  const listPath = [...path, 'targets'];
  if (names === undefined) return document.has(listPath) || document.isMistyped(listPath) ? [] : targets.all;
  if (names.length === 0) document.refuse(listPath, 'expected at least one target or group');
  const selected = new Set<Target>();
  for (const [index, name] of names.entries()) {
    if (document.isWrong([...listPath, index])) continue;
    const members = targets.byName.get(name);
    if (members !== undefined) for (const target of members) selected.add(target);
    else if (targets.areComplete) {
      const hint = didYouMean(document.suggestions.nearest(name, targets.suggested));
      document.refuse([...listPath, index], `unknown target or group ${quote(name)}${hint}`);
    }
  }
  return [...selected].sort((a, b) => targets.rankOf(a) - targets.rankOf(b));
}
