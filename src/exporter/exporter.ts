import type { LoadedConfig } from '../config/load.ts';
import { loadWebConfig } from '../config/web-config.ts';
import { ProcessMetrics } from '../metrics/process-metrics.ts';
import type { BuildInfo } from '../model/build-info.ts';
import { realClock } from '../model/clock.ts';
import type { FleetSettings } from '../model/fleet-terms.ts';
import type { PollerEvent } from '../model/poller-event.ts';
import type { Elsewhere, RunReply } from '../model/poller-request.ts';
import { readProcessLimits } from '../model/process-limits.ts';
import { taskKeyOf } from '../model/task-name.ts';
import { settlesWithin } from '../model/wait.ts';
import type { TaskKey } from '../model/words.ts';
import { pollerHeapLimitMb } from '../poller/heap-limit.ts';
import type { PollerWorker } from '../poller/poller-worker.ts';
import { Supervisor } from '../poller/supervisor.ts';
import type { RootLogger } from '../root-logger.ts';
import { Exposition } from '../snapshot/exposition.ts';
import { Publisher } from '../snapshot/publisher.ts';
import type { StateStore } from '../snapshot/state-store.ts';
import type { Snapshot } from '../snapshot/store.ts';
import type { Listen } from '../web/listen-address.ts';
import { startWebServer, type WebServer } from '../web/server.ts';
import type { Readiness, ReloadOutcome } from '../web/site.ts';
import { Configuration } from './configuration.ts';
import { Expiry } from './expiry.ts';
import { letHeapGrow } from './heap.ts';
import { createPages } from './pages.ts';
import { Replica } from './replica.ts';

export interface ExporterOptions {
  readonly configPaths: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly listen: Listen;
  readonly telemetryPath: string;
  readonly webConfigFile: string | null;
  readonly enableLifecycle: boolean;
  /** Whether everybody who asks over the loopback interface is trusted. */
  readonly trustLoopback: boolean;
  readonly processMetrics: boolean;
  /** Null: nothing outlives the process. */
  readonly stateDirectory: string | null;
  readonly buildInfo: BuildInfo;
  readonly logger: RootLogger;
  /** The poller's thread, where it has been started already. */
  readonly poller?: PollerWorker;
}

/** For what has nothing to wait for, such as the web server's helpers once its last response is out. */
export const CLOSING_MS = 1_000;

/** The running program: what the poller thread reports goes into the snapshot, and the web server serves its pages. */
export class Exporter {
  readonly #options: ExporterOptions;
  readonly #logger: RootLogger;
  readonly #snapshot: Snapshot;
  readonly #exposition: Exposition;
  readonly #processMetrics: ProcessMetrics | null;
  readonly #publisher: Publisher;
  readonly #expiry: Expiry;
  readonly #state: StateStore | null;
  readonly #limits = readProcessLimits();
  readonly #stopping = new AbortController();
  readonly #configuration: Configuration;
  readonly #fleet: FleetSettings | null;
  #heapGrows = false;
  #web: WebServer | null = null;
  #poller: Supervisor | null = null;
  /** Null: it polls alone. */
  #replica: Replica | null = null;
  #readiness: Readiness = { ready: false, missing: [] };

  constructor(options: ExporterOptions, loaded: LoadedConfig, snapshot: Snapshot, state: StateStore | null) {
    const { configPaths, env, logger } = options;
    this.#options = options;
    this.#logger = logger;
    this.#snapshot = snapshot;
    this.#fleet = loaded.fleet;
    this.#state = state;
    this.#expiry = new Expiry((nowMs) => this.#snapshot.expire(nowMs), Date.now);
    this.#exposition = new Exposition(this.#snapshot);
    const processMetrics = options.processMetrics ? new ProcessMetrics() : null;
    this.#processMetrics = processMetrics;
    this.#publisher = new Publisher({
      publish: () => this.#publish(),
      ...(processMetrics && {
        process: {
          sample: () => this.#snapshot.sampledProcess(processMetrics.collect()),
          watch: (isWatched) => processMetrics.watch(isWatched),
        },
      }),
      clock: realClock,
    });
    this.#snapshot.onChange(() => this.#publisher.changed());
    this.#expiry.check();
    this.#publisher.changed();
    const means = {
      sources: { paths: configPaths, env },
      limits: this.#limits,
      snapshot,
      exposition: this.#exposition,
      publisher: this.#publisher,
      expiry: this.#expiry,
      state,
      poller: () => this.#poller,
      replica: () => this.#replica,
      logger,
      stopping: this.#stopping.signal,
    };
    this.#configuration = new Configuration(means, loaded);
  }

  /** Where it is served, such as `http://127.0.0.1:9104`. */
  get url(): string {
    return this.#web?.url ?? '';
  }

  /** True while the poller is well or is being brought back: what a watchdog wants to know. */
  get healthy(): boolean {
    return this.#poller?.attended ?? false;
  }

  async listen(): Promise<void> {
    const { webConfigFile, telemetryPath, enableLifecycle, trustLoopback, listen } = this.#options;
    const site = {
      telemetryPath,
      pages: createPages(this.#exposition, this.#publisher, realClock),
      status: () => this.#snapshot.status(),
      task: (query: string, target: string) => this.#snapshot.detail(taskKeyOf(query, target)),
      readiness: () => this.#readiness,
      reload: enableLifecycle ? () => this.reload() : null,
      run: enableLifecycle ? (query: string, target: string) => this.run(query, target) : null,
      trustLoopback,
      maskedConfig: () => this.#configuration.maskedYaml,
      logger: this.#logger,
      maxClients: () => this.#configuration.maxClients,
      webConfig: webConfigFile === null ? null : { path: webConfigFile, load: loadWebConfig },
    };
    this.#web = await startWebServer(site, listen);
    this.#logger.info('listening', { url: this.#web.url, path: telemetryPath });
  }

  startPolling(): void {
    const { poller } = this.#options;
    const snapshot = this.#snapshot;
    const { plan } = snapshot;
    this.#logger.info('polling', {
      queries: plan.queries.length,
      targets: plan.targets.length,
      tasks: plan.tasks.length,
    });
    if (this.#fleet !== null) this.#replica = this.#join(this.#fleet);
    this.#poller = new Supervisor({
      plan: this.#configuration.plan,
      ...(poller && { first: poller }),
      logger: this.#logger,
      logLevel: this.#logger.level,
      heapLimitMb: pollerHeapLimitMb(this.#limits.memoryBytes),
      known: () => snapshot.known(),
      targetOf: (task) => snapshot.task(task)?.target ?? null,
      share: () => this.#replica?.share ?? null,
      events: {
        event: (event) => this.#take(event),
        log: (record) => this.#logger.write(record),
        stateChanged: (state) => snapshot.pollerState(state),
        restarted: () => {
          snapshot.pollerRestarted();
          this.#replica?.pollerDied();
        },
        left: (servers) => this.#replica?.left(servers),
        suspended: (task) => this.#suspended(task),
      },
    });
  }

  /** Takes over the configuration as it is written now. */
  reload(): Promise<ReloadOutcome> {
    return this.#configuration.reload();
  }

  /** Runs a task now, beside its schedule. */
  async run(query: string, target: string): Promise<RunReply | Elsewhere> {
    const key = taskKeyOf(query, target);
    const task = this.#snapshot.task(key);
    if (task === null) return 'unknown';
    const elsewhere = this.#replica?.ownerElsewhere(task.target) ?? null;
    if (elsewhere !== null) return { owner: elsewhere.name };
    return this.#poller?.ask({ kind: 'run', task: key }) ?? 'the poller stopped';
  }

  /**
   * Ends what is running on the servers, keeps what is known, and closes the door last; each in the grace time. False where
   * something did not end in it, such as a write to a disk that hangs: that would hold up the end of the process as well.
   */
  async stop(graceMs: number): Promise<boolean> {
    this.#stopping.abort();
    await this.#replica?.handOver(graceMs);
    const ended = [(await this.#poller?.stop(graceMs)) ?? true, (await this.#replica?.stop(graceMs)) ?? true];
    this.#expiry[Symbol.dispose]();
    if (this.#state !== null) ended.push(await this.#keepState(this.#state, graceMs));
    // It has the grace time for the responses, and then closes.
    if (this.#web !== null) ended.push(await settlesWithin(this.#web.close(graceMs), graceMs + CLOSING_MS));
    this.#publisher[Symbol.dispose]();
    this.#processMetrics?.[Symbol.dispose]();
    return ended.every((inTime) => inTime);
  }

  async #keepState(state: StateStore, graceMs: number): Promise<boolean> {
    const inTime = await settlesWithin(state.flush(), graceMs);
    // Where the disk hangs, so would letting go of the folder.
    if (inTime) state[Symbol.dispose]();
    else this.#logger.warn('state was not written in time', { grace_ms: graceMs });
    return inTime;
  }

  /** Ready is what the page shows, not what is on its way to it. */
  #publish(): void {
    this.#exposition.publish();
    const { ready, missing } = this.#snapshot.readiness();
    this.#readiness = { ready, missing: ready ? missing : [...(this.#replica?.waitsFor ?? []), ...missing] };
  }

  #take(event: PollerEvent): void {
    const isNew = (this.#replica?.admits(event) ?? true) && this.#snapshot.take(event);
    const task = event.kind === 'finished' ? event.result.task : event.kind === 'skipped' ? event.task : null;
    if (task === null) return;
    if (event.kind === 'finished' && !this.#heapGrows) {
      letHeapGrow();
      this.#heapGrows = true;
    }
    if (isNew) {
      this.#expiry.check();
      this.#save(task);
      this.#replica?.save(task);
    } else if (event.kind === 'finished') this.#snapshot.take({ kind: 'aborted', task });
    if (event.kind === 'finished') this.#poller?.acknowledge(task);
  }

  #join(settings: FleetSettings): Replica {
    return new Replica({
      settings,
      plan: this.#snapshot.plan,
      snapshot: this.#snapshot,
      url: this.url,
      version: this.#options.buildInfo.version,
      logger: this.#logger,
      onShare: (change, restored) => this.#poller?.changeShare(change, restored),
      onTaken: (tasks) => {
        this.#expiry.check();
        for (const task of tasks) this.#save(task);
      },
      onLate: (event) => this.#take(event),
    });
  }

  #save(key: TaskKey): void {
    if (this.#state === null) return;
    const task = this.#snapshot.task(key);
    const result = this.#snapshot.result(key);
    if (task !== null && result !== null) this.#state.save(task, result);
  }

  #suspended(key: TaskKey): void {
    const task = this.#snapshot.task(key);
    this.#snapshot.suspend(key);
    this.#save(key);
    this.#replica?.save(key);
    this.#logger.error('task suspended until a reload: it was in flight at two deaths of the poller', {
      query: task?.query.name,
      target: task?.target.name,
    });
  }
}
