import { ConfigFolder, type Program, startProgram } from '../end-to-end/program.ts';
import { startTogether } from '../support/start-together.ts';
import { sqlOf } from './run-log.ts';

export interface FleetPlan {
  /** Fleets of other names are apart. */
  readonly name: string;
  /** The URL of the store. */
  readonly store: string;
  readonly servers: readonly { readonly port: number }[];
  /** On each server, or on every one. */
  readonly tasks: number | readonly number[];
  readonly intervalMs: number;
  /** How long a statement takes. */
  readonly seconds?: number;
  readonly timeoutMs?: number;
  readonly leaseMs?: number;
  readonly withoutStore?: 'keep' | 'stop';
  readonly maxConnections?: number;
}

/** Tasks are `q0_db0`, …: query and server. */
export function fleetConfig(plan: FleetPlan): string {
  const { name, store, servers, tasks, intervalMs, seconds = 0.05, timeoutMs = 30_000, leaseMs = 3_000 } = plan;
  const { withoutStore = 'keep', maxConnections = 4 } = plan;
  const login = `user: test, password: test123, shared: true, max_connections: ${maxConnections}`;
  const targets = servers.map(({ port }, n) => `  db${n}: {host: 127.0.0.1, port: ${port}, ${login}}`);
  const queries = servers.flatMap((_, server) =>
    Array.from({ length: typeof tasks === 'number' ? tasks : (tasks[server] ?? 0) }, (__, query) => {
      const task = `q${query}_db${server}`;
      return `  ${task}: {sql: "${sqlOf(task, seconds)}", targets: [db${server}], metrics: {${task}: {type: gauge, labels: [task], value: n}}}`;
    }),
  );
  return `
fleet: {name: ${name}, store: "${store}", lease: ${leaseMs}ms, without_store: ${withoutStore}}
defaults: {interval: ${intervalMs}ms, timeout: ${timeoutMs}ms}
targets:
${targets.join('\n')}
queries:
${queries.join('\n')}
`;
}

/** A replica with its configuration; both end together. */
export class Replica implements AsyncDisposable {
  readonly program: Program;
  readonly folder: ConfigFolder;

  private constructor(program: Program, folder: ConfigFolder) {
    this.program = program;
    this.folder = folder;
  }

  static start(config: string, env: NodeJS.ProcessEnv = {}): Promise<Replica> {
    return startTogether(async (own) => {
      const folder = await own(ConfigFolder.create(config));
      return new Replica(await own(startProgram(folder, ['--web.enable-lifecycle'], env)), folder);
    });
  }

  /** One of this replica's own metrics without labels; undefined where it is not there. */
  async own(metric: string): Promise<number | undefined> {
    return (await this.program.samples(`query_exporter_${metric}`))[''];
  }

  untilOwn(metric: string, value: number): Promise<void> {
    return this.program.until(`${metric} is ${value}`, async () => (await this.own(metric)) === value);
  }

  /** When each task last succeeded, whoever ran it. */
  successes(): Promise<Readonly<Record<string, number>>> {
    return this.program.samples('query_exporter_query_last_success_timestamp_seconds');
  }

  /** Each task has run once more. */
  async untilNextRuns(): Promise<void> {
    const before = await this.successes();
    await this.program.until('every task has a newer result', async () => {
      const now = await this.successes();
      return Object.entries(before).every(([key, at]) => (now[key] ?? 0) > at);
    });
  }

  async takeovers(reason: 'join' | 'death' | 'release'): Promise<number> {
    return (await this.program.samples('query_exporter_fleet_takeovers_total'))[`{reason="${reason}"}`] ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}
