import type { FleetStatus } from '../model/fleet-terms.ts';
import type { Page } from '../model/page.ts';
import type { Target } from '../model/plan.ts';
import type { PollerStatus, ReloadStatus, Status } from '../model/status.ts';
import type { OwnFamilies } from './own-families.ts';
import { ownersIn } from './status-view.ts';

/** What is known of the exporter itself, beside its tasks and targets. */
export class ExporterState {
  readonly #own: OwnFamilies;
  readonly #start: Pick<Status, 'version' | 'startedAtMs'>;
  #reload: ReloadStatus;
  #poller: PollerStatus = { state: 'starting', restarts: 0, lagMs: null };
  #fleet: FleetStatus | null = null;
  #page: Status['exposition'] = { series: 0, bytes: 0, gzipBytes: 0 };

  constructor(own: OwnFamilies, start: Pick<Status, 'version' | 'startedAtMs'>) {
    const { startedAtMs } = start;
    this.#own = own;
    this.#start = start;
    this.#reload = { successful: true, lastAtMs: startedAtMs, lastSuccessAtMs: startedAtMs, problems: [] };
    own.reload(this.#reload);
  }

  /** `problems`: why the reload was refused; none after a success. */
  reloaded(atMs: number, problems: readonly string[]): void {
    const successful = problems.length === 0;
    const lastSuccessAtMs = successful ? atMs : this.#reload.lastSuccessAtMs;
    this.#reload = { successful, lastAtMs: atMs, lastSuccessAtMs, problems };
    this.#own.reload(this.#reload);
  }

  pollerState(state: PollerStatus['state']): void {
    this.#poller = { ...this.#poller, state };
  }

  pollerRestarted(): void {
    this.#setPoller({ ...this.#poller, restarts: this.#poller.restarts + 1 });
  }

  pollerLag(lagMs: number): void {
    this.#setPoller({ ...this.#poller, lagMs });
  }

  fleetChanged(fleet: FleetStatus): void {
    this.#fleet = fleet;
    this.#own.fleet(fleet);
  }

  published({ series, identity, gzip }: Page): void {
    this.#page = { series, bytes: identity.bytes, gzipBytes: gzip.bytes };
  }

  /** Who polls the target. */
  ownerOf(target: Target): string | null {
    return ownersIn(this.#fleet)(target);
  }

  status(): Pick<Status, 'version' | 'startedAtMs' | 'reload' | 'poller' | 'exposition' | 'fleet'> {
    return { ...this.#start, reload: this.#reload, poller: this.#poller, exposition: this.#page, fleet: this.#fleet };
  }

  #setPoller(poller: PollerStatus): void {
    this.#poller = poller;
    this.#own.poller(poller);
  }
}
