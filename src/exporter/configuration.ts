import type { ConfigSources, LoadedConfig } from '../config/load.ts';
import type { Logger } from '../logger.ts';
import { decodePlan, type EncodedPlan, encodePlan } from '../model/encoded-plan.ts';
import type { FleetSettings } from '../model/fleet-terms.ts';
import type { ProcessLimits } from '../model/process-limits.ts';
import { takeTurns } from '../model/steps.ts';
import type { Supervisor } from '../poller/supervisor.ts';
import type { Exposition } from '../snapshot/exposition.ts';
import type { Publisher } from '../snapshot/publisher.ts';
import type { StateStore } from '../snapshot/state-store.ts';
import type { Snapshot } from '../snapshot/store.ts';
import type { TaskChanges } from '../snapshot/task-table.ts';
import type { ReloadOutcome } from '../web/site.ts';
import { logNotes, logProblems, notesOn } from './config-notes.ts';
import { type Reading, readConfigAside } from './config-reader.ts';
import type { Expiry } from './expiry.ts';
import { ReloadQueue } from './reload-queue.ts';
import type { Replica } from './replica.ts';

/** Whom a new configuration concerns. */
export interface ConfigurationMeans {
  readonly sources: ConfigSources;
  readonly limits: ProcessLimits;
  readonly snapshot: Snapshot;
  readonly exposition: Exposition;
  readonly publisher: Publisher;
  readonly expiry: Expiry;
  readonly state: StateStore | null;
  /** Null: it has not been started. */
  readonly poller: () => Supervisor | null;
  /** Null: it polls alone. */
  readonly replica: () => Replica | null;
  readonly logger: Logger;
  /** Given when the exporter stops. */
  readonly stopping: AbortSignal;
}

/** The configuration in force, and how another one takes its place while scrapes are answered. */
export class Configuration {
  readonly #means: ConfigurationMeans;
  readonly #queue = new ReloadQueue(() => this.#reload());
  readonly #fleet: FleetSettings | null;
  #plan: EncodedPlan;
  #maskedYaml: () => string;
  #maxClients: number;

  constructor(means: ConfigurationMeans, loaded: LoadedConfig) {
    const notes = notesOn(loaded, means.limits);
    this.#means = means;
    this.#fleet = loaded.fleet;
    this.#plan = encodePlan(loaded.plan);
    this.#maskedYaml = () => loaded.maskedYaml;
    this.#maxClients = notes.maxClients;
    logNotes(means.logger, notes);
  }

  /** For threads that start. */
  get plan(): EncodedPlan {
    return this.#plan;
  }

  get maskedYaml(): string {
    return this.#maskedYaml();
  }

  /** How many clients there is room for. */
  get maxClients(): number {
    return this.#maxClients;
  }

  /** Reads it again and takes over what changed; a wrong one changes nothing. Requests that come together are served together. */
  reload(): Promise<ReloadOutcome> {
    return this.#queue.ask();
  }

  async #reload(): Promise<ReloadOutcome> {
    const { sources, limits, snapshot, logger, stopping } = this.#means;
    const nowMs = Date.now();
    const revision = snapshot.plan.revision + 1;
    try {
      const request = { sources, revision, nowMs, before: this.#plan, fleet: this.#fleet, limits };
      const reading = await readConfigAside(request, stopping);
      if (reading.kind === 'read') return await this.#takeOver(reading, nowMs);
      const { problems } = reading;
      snapshot.reloaded(nowMs, problems);
      logProblems(logger, problems);
      return { ok: false, problems };
    } catch (error) {
      if (!stopping.aborted) throw error;
      return { ok: false, problems: ['the exporter is being stopped'] };
    }
  }

  async #takeOver(reading: Extract<Reading, { readonly kind: 'read' }>, atMs: number): Promise<ReloadOutcome> {
    const { snapshot, state, poller, replica, logger, stopping } = this.#means;
    const { plan, difference, maskedYaml, notes } = reading;
    const changes = await this.#replacePlan(difference, atMs);
    this.#plan = plan;
    this.#maskedYaml = () => maskedYaml;
    this.#maxClients = notes.maxClients;
    await poller()?.replacePlan(plan, snapshot.known(changes.changed));
    await replica()?.replacePlan(snapshot.plan);
    if (state !== null) await takeTurns(state.forget(changes), stopping);
    logger.info('configuration reloaded', {
      tasks: snapshot.plan.tasks.length,
      added: changes.added.length,
      changed: changes.changed.length,
      removed: changes.removed.length,
    });
    logNotes(logger, notes);
    return { ok: true, problems: [] };
  }

  /** In steps; meanwhile everybody is answered with the page of before. */
  async #replacePlan(difference: EncodedPlan, atMs: number): Promise<TaskChanges> {
    const { snapshot, exposition, publisher, expiry, stopping } = this.#means;
    const plan = await takeTurns(decodePlan(difference, snapshot.plan), stopping);
    using _held = publisher.hold();
    const changes = await takeTurns(snapshot.replacePlan(plan), stopping);
    snapshot.reloaded(atMs);
    expiry.check();
    await takeTurns(exposition.prepare(), stopping);
    return changes;
  }
}
