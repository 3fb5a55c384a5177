import { Fleet, type FleetOptions } from '../fleet/fleet.ts';
import type { FleetSettings, ShareChange } from '../model/fleet-terms.ts';
import type { KnownTask } from '../model/known-task.ts';
import { type Plan, serverKeyOf, type Target } from '../model/plan.ts';
import type { PollerEvent } from '../model/poller-event.ts';
import { OTHER_REPLICAS } from '../model/result-source.ts';
import { type Steps, takeTurns } from '../model/steps.ts';
import type { KnownResult } from '../model/task-result.ts';
import { settlesWithin } from '../model/wait.ts';
import type { TaskKey } from '../model/words.ts';
import type { FleetShareStart } from '../poller/fleet-share.ts';
import type { RootLogger } from '../root-logger.ts';
import type { Snapshot } from '../snapshot/store.ts';

type Finished = Extract<PollerEvent, { readonly kind: 'finished' }>;

export interface ReplicaOptions {
  readonly settings: FleetSettings;
  readonly plan: Plan;
  readonly snapshot: Snapshot;
  /** Where this exporter is served. */
  readonly url: string;
  readonly version: string;
  readonly logger: RootLogger;
  /** The poller is to poll other servers. */
  readonly onShare: (change: ShareChange, restored: readonly KnownTask[]) => void;
  /** Results of other replicas were taken over. */
  readonly onTaken: (tasks: readonly TaskKey[]) => void;
  /** A result that came while the lease had ended may be admitted now. */
  readonly onLate: (event: Finished) => void;
  readonly createThread?: FleetOptions['createThread'];
}

/** This exporter as a replica of a fleet: what it hears of the others goes into the snapshot, and its share to the poller. */
export class Replica {
  readonly #options: ReplicaOptions;
  readonly #fleet: Fleet;
  /** The newest results of own servers that came while the lease had ended: nobody may have taken those over. */
  readonly #late = new Map<TaskKey, Finished>();
  #plan: Plan;
  #onGone: (() => void) | null = null;

  constructor(options: ReplicaOptions) {
    const { settings, plan, snapshot, url, version, logger, createThread } = options;
    this.#options = options;
    this.#plan = plan;
    const port = URL.canParse(url) ? new URL(url).port : '';
    this.#fleet = new Fleet({
      settings,
      plan,
      port: port === '' ? null : Number(port),
      version,
      logger,
      ...(createThread && { createThread }),
      events: {
        shareChanged: (change) => this.#changeShare(change),
        results: (results) => this.#takeOver(results),
        missing: (tasks) => void takeTurns(this.#saveAll(tasks)),
        changed: (status) => snapshot.fleetChanged(status),
      },
    });
  }

  /** For a poller that starts. */
  get share(): FleetShareStart {
    const { lease, owned, losses } = this.#fleet;
    return { fleet: this.#options.settings.name, lease: lease.memory, servers: [...owned], losses };
  }

  /** Why nothing can be ready yet, in words; none where the store was reached. */
  get waitsFor(): readonly string[] {
    const { withoutStore } = this.#options.settings;
    if (this.#fleet.status?.isStoreUp === true || (withoutStore === 'keep' && this.#fleet.owned.size > 0)) return [];
    return [`the store of the fleet (without_store is "${withoutStore}")`];
  }

  /** Resolves when the fleet has been told. */
  replacePlan(plan: Plan): Promise<void> {
    this.#plan = plan;
    return this.#fleet.replacePlan(plan);
  }

  /** False: what the own poller says of this is no longer this replica's business. */
  admits(event: PollerEvent): boolean {
    switch (event.kind) {
      case 'finished':
        return this.#admitsResult(event);
      case 'health':
      case 'facts': {
        const target = this.#plan.targets.find(({ name }) => name === event.target);
        return target === undefined || this.#owns(target);
      }
      default:
        return true;
    }
  }

  save(key: TaskKey): void {
    const { snapshot } = this.#options;
    const task = snapshot.task(key);
    const result = task?.target.shared === true ? snapshot.result(key) : null;
    if (task !== null && result !== null) this.#fleet.save(task, result);
  }

  /** The replica that has the server of the target; `name` null: nobody has it now. Null: this one. */
  ownerElsewhere(target: Target): { readonly name: string | null } | null {
    if (this.#owns(target)) return null;
    const id = this.#fleet.status?.owners[serverKeyOf(target)];
    return { name: this.#fleet.status?.members.find((member) => member.id === id)?.name ?? null };
  }

  /** Nothing is under way on these servers any more. */
  left(servers: readonly string[]): void {
    this.#fleet.left(servers);
    if (!this.#hasServers) this.#onGone?.();
  }

  /** With the thread of the poller everything ended that was under way. */
  pollerDied(): void {
    this.left([...this.#fleet.leaving]);
  }

  /** Gives every server back when what is under way there has ended; in the grace time. */
  async handOver(graceMs: number): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      this.#onGone = resolve;
    });
    this.#fleet.go();
    if (this.#hasServers) await settlesWithin(gone, graceMs);
  }

  /** False where its thread does not end. */
  stop(graceMs: number): Promise<boolean> {
    return this.#fleet.stop(graceMs);
  }

  get #hasServers(): boolean {
    return this.#fleet.owned.size > 0 || this.#fleet.leaving.size > 0;
  }

  #owns(target: Target): boolean {
    return !target.shared || this.#fleet.owned.has(serverKeyOf(target));
  }

  #admitsResult(event: Finished): boolean {
    const { task } = event.result;
    this.#late.delete(task);
    const target = this.#options.snapshot.task(task)?.target;
    if (target === undefined || this.#fleet.mayKeep(target)) return true;
    if (this.#owns(target)) this.#late.set(task, event);
    else this.#fleet.refused();
    return false;
  }

  #changeShare(change: ShareChange): void {
    const { snapshot, onShare, onLate } = this.#options;
    const gone = new Set([...change.released, ...change.lost]);
    const targets = this.#plan.targets.filter((target) => gone.has(serverKeyOf(target)));
    snapshot.forgetTargets(targets.map(({ name }) => name));
    const taken = new Set(change.taken);
    const tasks = this.#plan.tasks.filter(({ target }) => taken.has(serverKeyOf(target)));
    const late = [...this.#late.values()];
    for (const event of late) onLate(event);
    onShare(change, [...snapshot.known(tasks)]);
  }

  #takeOver(results: readonly KnownResult[]): void {
    const taken = this.#options.snapshot.restore(results, OTHER_REPLICAS);
    for (const task of taken) this.#late.delete(task);
    if (taken.length > 0) this.#options.onTaken(taken);
  }

  *#saveAll(tasks: readonly TaskKey[]): Steps {
    for (const task of tasks) {
      this.save(task);
      yield;
    }
  }
}
