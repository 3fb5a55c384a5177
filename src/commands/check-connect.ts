import { createRecordLogger } from '../logger.ts';
import { realClock } from '../model/clock.ts';
import { Deadline } from '../model/deadline.ts';
import { RefreshError } from '../model/failure.ts';
import type { Plan, Query, Target, When } from '../model/plan.ts';
import type { ServerFacts } from '../model/server-facts.ts';
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
  let isWell = true;
  // In the order of the configuration, whoever answered first.
  for (const target of plan.targets) {
    const { lines, warnings, problems } = found.get(target) ?? NOTHING_FOUND;
    if (lines.length > 0) terminal.print(`\n${lines.join('\n')}`);
    for (const warning of warnings) terminal.complain(`warning: target "${target.name}": ${warning}`);
    for (const problem of problems) terminal.complain(`target "${target.name}": ${problem}`);
    isWell &&= problems.length === 0;
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
}

const NOTHING_FOUND: Finding = { lines: [], warnings: [], problems: [] };

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
  for (const { query, when } of conditions) {
    try {
      const why = await askWhether(driver, query.name, when, query.timeoutMs);
      lines.push(`  when      ${query.name}: ${why === null ? 'applies' : `not applicable, ${why}`}`);
    } catch (error) {
      problems.push(`query "${query.name}": ${problemOf(error)}`);
    }
  }
  const { facts } = driver;
  const warnings = facts.isSuperuser === true ? [SUPERUSER] : [];
  return { lines: [...describeFacts(target, facts), ...lines], warnings, problems };
}

/** As `run` of a driver says it. */
async function askWhether(driver: Driver, query: string, when: When | null, limitMs: number): Promise<string | null> {
  using deadline = new Deadline(realClock, limitMs);
  const request = {
    sql: NO_QUESTION,
    when,
    query,
    guest: driver,
    maxRows: 10_000,
    maxBytes: 1 << 20,
    onTurn: () => {},
    onStart: () => {},
  };
  return driver.run(request, { columns: () => {}, row: () => {} }, deadline);
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

function problemOf(error: unknown): string {
  if (!(error instanceof RefreshError)) throw error;
  return `${error.message} (${error.reason})`;
}
