import { ConfigFolder, type Program, startProgram } from '../end-to-end/program.ts';
import type { Mariadb } from '../support/mariadb.ts';
import { sqlOf } from './run-log.ts';

export interface FleetPlan {
  readonly servers: readonly Mariadb[];
  /** On each server. */
  readonly tasks: number;
  readonly intervalMs: number;
  /** How long a statement takes. */
  readonly seconds?: number;
  readonly timeoutMs?: number;
  readonly leaseMs?: number;
  readonly withoutStore?: 'keep' | 'stop';
  /** More keys of `fleet`. */
  readonly more?: string;
}

/** The configuration of a replica that finds the store at a port. Tasks are `q0@db0`, …: query and server. */
export function fleetConfig(plan: FleetPlan, storePort: number, changes = ''): string {
  const { servers, tasks, intervalMs, seconds = 0.05, timeoutMs = 30_000, leaseMs = 3_000 } = plan;
  const targets = servers.map(
    ({ port }, n) =>
      `  db${n}: {host: 127.0.0.1, port: ${port}, user: test, password: test123, shared: true, max_connections: 4}`,
  );
  const queries = servers.flatMap((_, server) =>
    Array.from({ length: tasks }, (__, query) => {
      const name = `q${query}_db${server}`;
      return `  ${name}: {sql: "${sqlOf(name, seconds)}", targets: [db${server}], metrics: {${name}: {type: gauge, labels: [task], value: n}}}`;
    }),
  );
  return `
fleet: {store: "redis://127.0.0.1:${storePort}", lease: ${leaseMs}ms, without_store: ${plan.withoutStore ?? 'keep'}}
defaults: {interval: ${intervalMs}ms, timeout: ${timeoutMs}ms}
targets:
${targets.join('\n')}
queries:
${queries.join('\n')}
${changes}`;
}

/** A replica with its configuration; both end together. */
export class Replica implements AsyncDisposable {
  readonly program: Program;
  readonly folder: ConfigFolder;

  private constructor(program: Program, folder: ConfigFolder) {
    this.program = program;
    this.folder = folder;
  }

  static async start(config: string, args: readonly string[] = []): Promise<Replica> {
    const folder = await ConfigFolder.create(config);
    return new Replica(await startProgram(folder, ['--web.enable-lifecycle', ...args]), folder);
  }

  /** One of this replica's own metrics without labels; undefined where it is not there. */
  async own(metric: string): Promise<number | undefined> {
    return (await this.program.samples(`query_exporter_${metric}`))[''];
  }

  untilOwn(metric: string, value: number): Promise<void> {
    return this.program.until(`${metric} is ${value}`, async () => (await this.own(metric)) === value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}
