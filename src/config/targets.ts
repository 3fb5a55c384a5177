import type { Target } from '../model/plan.ts';
import type { LabelName, TargetName } from '../model/words.ts';
import { type Connection, planConnection } from './connection.ts';
import type { Context } from './context.ts';
import { engineNamed } from '../sql/engines.ts';
import { checkLabelName, isName } from './names.ts';
import type { Path } from './path.ts';
import type { Config } from './schema.ts';
import type { TargetEntry } from './target-schema.ts';

const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
const DEFAULT_PING_INTERVAL_MS = 30_000;
const DEFAULT_MAX_CONNECTIONS = 2;
const DEFAULT_TARGET_LABEL = 'target';
const ONLY_TARGET = 'default';

/** The targets, and how a query names them. */
export interface Targets {
  readonly label: LabelName | null;
  /** Those that are right, in the order of the configuration. */
  readonly all: readonly Target[];
  /** What a query may name: each target and each group. Wrong targets are known here, but are no value. */
  readonly byName: ReadonlyMap<string, readonly Target[]>;
  /** Names that a message may suggest. */
  readonly suggested: readonly string[];
  /** False: some target is wrong, so that no conclusion follows from a group that is not there. */
  readonly areComplete: boolean;
  /** The position of a target among all. */
  readonly rankOf: (target: Target) => number;
}

export function planTargets(config: Config, context: Context): Targets {
  const { document } = context;
  const label = planTargetLabel(config, context);
  const paths = new Map<Target, Path>();
  const all: Target[] = [];
  const byName = new Map<string, Target[]>();
  const suggested = new Set<string>();
  for (const { name, path, entry } of targetEntries(config, context)) {
    const target = planTarget(name, path, entry, label, context);
    byName.set(name, target === null ? [] : [target]);
    suggested.add(name);
    if (target === null) continue;
    all.push(target);
    paths.set(target, path);
  }
  const targetNames = new Set(byName.keys());
  const ranks = new Map(all.map((target, rank) => [target, rank]));
  for (const target of all) {
    const groupsPath = [...(paths.get(target) ?? []), 'groups'];
    for (const [index, group] of target.groups.entries()) {
      const groupPath = [...groupsPath, index];
      if (targetNames.has(group)) {
        document.refuse(groupPath, `a target has this name (${document.formatKeyPlace(['targets', group])})`);
        continue;
      }
      const members = byName.get(group);
      if (members === undefined) byName.set(group, [target]);
      else members.push(target);
      if (!document.isSubstituted(groupPath)) suggested.add(group);
    }
  }
  return {
    label,
    all,
    byName,
    suggested: [...suggested],
    areComplete: all.length === targetNames.size && !document.isWrong(['targets']),
    rankOf: (target) => ranks.get(target) ?? 0,
  };
}

function planTargetLabel(config: Config, { document }: Context): LabelName | null {
  const path = ['target_label'];
  if (!document.has(['targets'])) {
    if (document.has(path)) document.refuseKey(path, 'works only with "targets"');
    return null;
  }
  const label = config.target_label ?? DEFAULT_TARGET_LABEL;
  if (label === '') return null;
  const problem = checkLabelName(label);
  if (problem !== null) document.refuse(path, problem);
  return label as LabelName;
}

interface NamedEntry {
  readonly name: string;
  readonly path: Path;
  readonly entry: TargetEntry;
}

function targetEntries(config: Config, { document }: Context): NamedEntry[] {
  const hasDsn = document.has(['dsn']);
  if (document.has(['targets'])) {
    if (hasDsn) document.refuseKey(['dsn'], 'excludes "targets": give each target its own dsn');
    const entries = Object.entries(config.targets ?? {});
    if (entries.length === 0 && !document.isWrong(['targets'])) {
      document.refuseKey(['targets'], 'expected at least one target');
    }
    return entries.map(([name, entry]) => ({ name, path: ['targets', name], entry }));
  }
  const isMistyped = document.isMistyped(['dsn']) || document.isMistyped(['targets']);
  if (!hasDsn && !isMistyped) document.refuse([], 'no database: expected "dsn" or "targets"');
  return config.dsn === undefined ? [] : [{ name: ONLY_TARGET, path: [], entry: { dsn: config.dsn } }];
}

function planTarget(
  name: string,
  path: Path,
  entry: TargetEntry,
  label: LabelName | null,
  context: Context,
): Target | null {
  const { document } = context;
  const before = document.problems.count;
  if (!isName(name)) document.refuseKey(path, 'expected a name without control characters');
  checkLabels(path, entry, label, context);
  const connection = planConnection(path, entry, context);
  const isSound = document.problems.count === before && (path.length === 0 || !document.isWrong(path));
  return connection === null || !isSound ? null : toTarget(name, entry, connection);
}

function checkLabels(path: Path, entry: TargetEntry, targetLabel: LabelName | null, { document }: Context): void {
  for (const name of Object.keys(entry.labels ?? {})) {
    const labelPath = [...path, 'labels', name];
    const problem = name === targetLabel ? 'the target label has this name' : checkLabelName(name);
    if (problem !== null) document.refuseKey(labelPath, problem);
  }
}

function toTarget(name: string, entry: TargetEntry, connection: Connection): Target {
  return {
    name: name as TargetName,
    engine: connection.engine,
    server: engineNamed(connection.engine).serverOf(connection.address),
    connection: toPlanned(connection, entry),
    groups: [...new Set(entry.groups)],
    labels: entry.labels ?? {},
    maxConnections: entry.max_connections ?? DEFAULT_MAX_CONNECTIONS,
    connectTimeoutMs: connection.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    pingIntervalMs: entry.ping_interval === undefined ? DEFAULT_PING_INTERVAL_MS : entry.ping_interval,
    initSql: entry.init_sql ?? [],
  };
}

function toPlanned({ address, user, password, database, tls, readTimeoutMs }: Connection, entry: TargetEntry): object & Target['connection'] {
  return { address, user, password, database, tls, ...{ readTimeoutMs, slowLog: entry.slow_log ?? true } };
}
