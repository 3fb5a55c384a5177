import { createRecordLogger } from '../logger.ts';
import { realClock } from '../model/clock.ts';
import { Deadline } from '../model/deadline.ts';
import { RefreshError } from '../model/failure.ts';
import type { Plan, Query, Target, When } from '../model/plan.ts';
import type { ServerFacts } from '../model/server-facts.ts';
import { loadOfServers, type ServerLoad } from '../model/server-load.ts';
import type { Driver } from '../sql/driver.ts';
import { createDrivers } from '../sql/drivers.ts';
import { runInLanes } from './lanes.ts';
import type { Terminal } from './terminal.ts';

/** Every engine takes it; it makes a session that is set up as that of a run. */
const NO_QUESTION = 'SELECT 1';
const SUPERUSER =
  'its user is a superuser, whom read-only mode does not keep from everything that writes; take one that may only read';
/** To connect, a target has its own time; for that statement this is long. */
const STATEMENT_MS = 10_000;

/** Connects to each target, and prints what it is and which queries apply there. Whether nothing failed. */
export async function describeTargets(plan: Plan, terminal: Terminal): Promise<boolean> {
  await using drivers = createDrivers(
    plan.targets,
    plan.maxRunning,
    createRecordLogger(() => {}),
  );
  const conditions = conditionsOf(plan);
  const found = new Map<Target, Finding>();
  const places = plan.targets.map((target) => ({ target }));
  await runInLanes(places, plan.maxRunning, async ({ target }) => {
    found.set(target, await look(drivers.driverFor(target), conditions.get(target) ?? []));
  });
  const worstLoad = worstLoads(plan, found);
  const busy = new Set<string>();
  let isWell = true;
  // In the order of the configuration, whoever answered first.
  for (const target of plan.targets) {
    const { lines, warnings, problems } = found.get(target) ?? NOTHING_FOUND;
    const load = worstLoad(target);
    if (lines.length > 0) terminal.print(`\n${[...lines, ...describeLoad(load)].join('\n')}`);
    if (isAbove(load)) busy.add(target.server);
    for (const warning of warnings) terminal.complain(`warning: target "${target.name}": ${warning}`);
    for (const problem of problems) terminal.complain(`target "${target.name}": ${problem}`);
    isWell &&= problems.length === 0;
  }
  for (const server of busy) {
    terminal.complain(
      `warning: ${server}: queries that all take their whole timeout need more connections than max_connections gives, and ` +
        'wait for each other; lower timeouts, raise intervals or max_connections',
    );
  }
  return isWell;
}

interface Condition {
  readonly query: Query;
  readonly when: When;
}

interface Finding {
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
  readonly problems: readonly string[];
  /** Queries that do not apply there. */
  readonly idle: ReadonlySet<Query>;
}

const NOTHING_FOUND: Finding = { lines: [], warnings: [], problems: [], idle: new Set() };

function conditionsOf({ tasks }: Plan): ReadonlyMap<Target, Condition[]> {
  const conditions = new Map<Target, Condition[]>();
  for (const { query, target } of tasks) {
    if (query.when === null) continue;
    const known = conditions.get(target) ?? [];
    known.push({ query, when: query.when });
    conditions.set(target, known);
  }
  return conditions;
}

async function look(driver: Driver, conditions: readonly Condition[]): Promise<Finding> {
  const { target } = driver;
  try {
    await askWhether(driver, target.name, null, target.connectTimeoutMs + STATEMENT_MS);
  } catch (error) {
    return { ...NOTHING_FOUND, problems: [problemOf(error)] };
  }
  const lines: string[] = [];
  const problems: string[] = [];
  const idle = new Set<Query>();
  for (const { query, when } of conditions) {
    try {
      const why = await askWhether(driver, query.name, when, query.timeoutMs);
      if (why !== null) idle.add(query);
      lines.push(`  when      ${query.name}: ${why === null ? 'applies' : `not applicable, ${why}`}`);
    } catch (error) {
      problems.push(`query "${query.name}": ${problemOf(error)}`);
    }
  }
  const { facts } = driver;
  const warnings = facts.isSuperuser === true ? [SUPERUSER] : [];
  return { lines: [...describeFacts(target, facts), ...lines], warnings, problems, idle };
}

/** Null: it applies. */
async function askWhether(driver: Driver, query: string, when: When | null, limitMs: number): Promise<string | null> {
  using deadline = new Deadline(realClock, limitMs);
  const request = {
    sql: NO_QUESTION,
    when,
    guard: null,
    query,
    guest: driver,
    maxRows: 10_000,
    maxBytes: 1 << 20,
    onTurn: () => {},
    onStart: () => {},
  };
  return (await driver.run(request, { columns: () => {}, row: () => {} }, deadline))?.why ?? null;
}

function describeFacts({ name, server }: Target, { version, role, isSuperuser, missing }: ServerFacts): string[] {
  return [
    `${name} (${server})`,
    ...(version === null ? [] : [`  version   ${version}`]),
    ...(role === null ? [] : [`  role      ${role}`]),
    ...(isSuperuser === null ? [] : [`  superuser ${isSuperuser ? 'yes' : 'no'}`]),
    ...Object.entries(missing).map(([protection, why]) => `  missing   ${protection}: ${why}`),
  ];
}

/**
 * How busy the servers would be if every refresh took its whole timeout: nothing was run, so no duration is known. A task
 * is under way once at a time, whatever its timeout.
 */
function worstLoads({ targets, tasks }: Plan, found: ReadonlyMap<Target, Finding>): (target: Target) => ServerLoad {
  const applicable = tasks.filter(({ query, target }) => found.get(target)?.idle.has(query) !== true);
  const loads = applicable.map(({ query: { timeoutMs, periodMs }, target }) => ({
    target: target.name,
    load: Math.min(1, timeoutMs / periodMs),
  }));
  return loadOfServers(targets, loads);
}

/** As it is shown: a sum of tenths may be a hair above a whole number. */
function isAbove({ load, maxConnections }: ServerLoad): boolean {
  return load !== null && Number(load.toFixed(2)) > maxConnections;
}

function describeLoad({ load, maxConnections }: ServerLoad): readonly string[] {
  if (load === null) return [];
  return [
    `  load      ${load.toFixed(2)} of ${maxConnections} connections at worst: each query of the server takes its whole timeout`,
  ];
}

function problemOf(error: unknown): string {
  if (!(error instanceof RefreshError)) throw error;
  return `${error.message} (${error.reason})`;
}
