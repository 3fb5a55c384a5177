import { isLoopback } from '../language/address.ts';
import { checkLabelName, isName } from '../language/names.ts';
import { quote } from '../language/quote.ts';
import { type Address, serverKeyOf, type Target } from '../model/plan.ts';
import type { LabelName, TargetName } from '../model/words.ts';
import { ENGINES } from '../sql/engines.ts';
import { type PlannedConnection, planConnection } from './connection.ts';
import type { Context } from './context.ts';
import { refuseCutSql } from './cut-sql.ts';
import type { ConfigDocument } from './document.ts';

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
  /** False: the groups of some target are not known, so that no conclusion follows from one that is not there. */
  readonly areComplete: boolean;
  /** The position of a target among all. */
  readonly rankOf: (target: Target) => number;
}

export function planTargets(config: Config, context: Context): Targets {
  const { document } = context;
  const label = planTargetLabel(config, context);
  const written = targetEntries(config, context);
  const entries = written.flatMap((entry) => eachDatabase(entry, context));
  const names = new Set(entries.map(({ name }) => name));
  const all: Target[] = [];
  const byName = new Map<string, Target[]>(entries.map(({ name }) => [name, []]));
  const suggested = new Set(byName.keys());
  for (const { name, path, entry } of entries) {
    const target = planTarget(name, path, entry, label, context);
    if (target !== null) {
      all.push(target);
      byName.get(name)?.push(target);
    }
    // A target that is wrong is in its groups as well.
    for (const [index, group] of (entry.groups ?? []).entries()) {
      const groupPath = [...path, 'groups', index];
      if (document.isWrong(groupPath)) continue;
      if (names.has(group)) {
        document.refuse(groupPath, `a target has this name (${document.formatKeyPlace(['targets', group])})`);
        continue;
      }
      const members = byName.get(group) ?? [];
      byName.set(group, members);
      if (target !== null && !members.includes(target)) members.push(target);
      if (!document.isSubstituted(groupPath)) suggested.add(group);
    }
  }
  checkSharing(all, entries, context);
  const ranks = new Map(all.map((target, rank) => [target, rank]));
  const knowsGroups = ({ path }: NamedEntry) => {
    const groups = [...path, 'groups'];
    return !document.isWrong(groups) && !document.isMistyped(groups);
  };
  return {
    label,
    all,
    byName,
    suggested: [...suggested],
    areComplete: written.length === entryCount(document) && entries.every(knowsGroups),
    rankOf: (target) => ranks.get(target) ?? 0,
  };
}

/** An entry that names several databases is a target for each of them, in a group of its name. */
function eachDatabase(written: NamedEntry, { document }: Context): NamedEntry[] {
  const { name, path, entry } = written;
  const several = ENGINES.map((engine) => engine.databasesOf(entry)).find((databases) => databases !== null);
  if (several === undefined) return [written];
  const { names, label, key } = several;
  if (names.length === 0) document.refuse([...path, key], 'expected at least one database');
  if (document.has([...path, 'database'])) document.refuseKey([...path, key], 'excludes "database"');
  return [...new Set(names)].map((database) => {
    const part = `${name}:${database}`;
    if (document.has(['targets', part])) {
      const place = document.formatKeyPlace(['targets', part]);
      document.refuseKey([...path, key], `a target is called ${quote(part)} already (${place})`);
    }
    const labels = label === '' ? entry.labels : { ...entry.labels, [label]: database };
    const groups = [...(entry.groups ?? []), name];
    return { name: part, path, entry: { ...entry, database, groups, ...(labels && { labels }) } };
  });
}

/** How many targets were written, those among them that are no mapping. */
function entryCount(document: ConfigDocument): number {
  const targets = document.nodeAt(['targets']);
  if (targets === undefined) return document.has(['dsn']) ? 1 : 0;
  return targets.kind === 'mapping' ? targets.entries.size : Number.NaN;
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
  if (connection !== null) {
    for (const index of (entry.init_sql ?? []).keys()) {
      refuseCutSql([...path, 'init_sql', index], [connection.engine], document);
    }
  }
  const isSound = document.problems.count === before && (path.length === 0 || !document.isWrong(path));
  return connection === null || !isSound ? null : toTarget(name, entry, connection);
}

/** One of the targets of a server cannot be polled by all and another one by one of them: they share its connections. */
function checkSharing(targets: readonly Target[], entries: readonly NamedEntry[], { document }: Context): void {
  const paths = new Map(entries.map(({ name, path }) => [name, [...path, 'shared']]));
  const first = new Map<string, Target>();
  for (const target of targets) {
    const path = paths.get(target.name) ?? [];
    const isWritten = document.has(path);
    if (isWritten && !document.has(['fleet'])) document.refuseKey(path, 'works only with "fleet"');
    const other = first.get(serverKeyOf(target)) ?? target;
    first.set(serverKeyOf(target), other);
    if (other.shared === target.shared) continue;
    const wrong = isWritten ? path : (paths.get(other.name) ?? []);
    document.refuseKey(
      wrong,
      `the targets ${quote(other.name)} and ${quote(target.name)} have one server: write it for both`,
    );
  }
}

/** The same address is another place on another host. */
function isLocal(address: Address): boolean {
  return address.kind !== 'tcp' || isLoopback(address.host);
}

function checkLabels(path: Path, entry: TargetEntry, targetLabel: LabelName | null, { document }: Context): void {
  for (const name of Object.keys(entry.labels ?? {})) {
    const labelPath = [...path, 'labels', name];
    const problem = name === targetLabel ? 'the target label has this name' : checkLabelName(name);
    if (problem !== null) document.refuseKey(labelPath, problem);
  }
}

function toTarget(name: string, entry: TargetEntry, planned: PlannedConnection): Target {
  const { engine, connection, connectTimeoutMs } = planned;
  return {
    name: name as TargetName,
    engine: engine.name,
    server: engine.serverOf(connection.address),
    shared: entry.shared ?? !isLocal(connection.address),
    connection,
    groups: [...new Set(entry.groups)],
    labels: entry.labels ?? {},
    maxConnections: entry.max_connections ?? DEFAULT_MAX_CONNECTIONS,
    connectTimeoutMs: connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    pingIntervalMs: entry.ping_interval === undefined ? DEFAULT_PING_INTERVAL_MS : entry.ping_interval,
    initSql: entry.init_sql ?? [],
  };
}
