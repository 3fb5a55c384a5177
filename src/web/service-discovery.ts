import type { TargetStatus } from '../model/status.ts';

/** Where the metrics page is, as seen by whoever asks. */
export interface PageAddress {
  readonly scheme: 'http' | 'https';
  /** With the port where it is not the scheme's own. */
  readonly host: string;
  /** An absolute path. */
  readonly path: string;
}

/** An entry of Prometheus' HTTP service discovery. */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Each database as a scrape target: its own part of the metrics page, with its name as `instance`. */
export function toTargetGroups(targets: readonly TargetStatus[], page: PageAddress): readonly TargetGroup[] {
  return targets.map(({ name, engine, address, groups }) => ({
    targets: [page.host],
    labels: {
      __scheme__: page.scheme,
      __metrics_path__: page.path,
      __param_target: name,
      instance: name,
      __meta_query_exporter_target: name,
      __meta_query_exporter_engine: engine,
      __meta_query_exporter_address: address,
      // With commas at both ends, as Prometheus' own lists have them, so that `.*,prod,.*` finds each.
      __meta_query_exporter_groups: `,${groups.join(',')},`,
    },
  }));
}
