import type { MetricType as PromType } from 'prom-client';
// The whole of it loads three times as many files, those of OpenTelemetry among them.
import Gauge from 'prom-client/lib/gauge.js';
import Registry from 'prom-client/lib/registry.js';
import type { Part } from '../model/outcome.ts';
import type { Family } from '../model/plan.ts';
import { chunksOf, type Steps } from '../model/steps.ts';
import type { LabelName, MetricName, MetricType } from '../model/words.ts';
import { decodeSamples, renderHeader } from './exposition-text.ts';

/**
 * One family and its samples, as parts under keys: a task's key for metrics of queries, whatever tells the parts of the
 * exporter's own metrics apart for those.
 */
export interface SampleFamily {
  readonly name: MetricName;
  readonly type: MetricType;
  readonly help: string;
  readonly labelNames: readonly LabelName[];
  /** The HELP and the TYPE line. */
  readonly header: Uint8Array;
  readonly parts: ReadonlyMap<string, Part>;
  /** Of all parts. */
  readonly series: number;
  /** Swaps all samples under this key for those of the part. */
  replace(key: string, part: Part): void;
  /** Takes all samples under this key away; nothing happens where there are none. */
  remove(key: string): void;
}

/**
 * A metric of any type whose samples are the parts of a family. prom-client's own store is not used: it takes some
 * different label sets for one, gives a metric without labels a 0 from birth, counts no totals that fall, makes buckets of
 * observations only, and costs many times what the parts cost.
 */
export class PartMetric extends Gauge {
  readonly #family: SampleFamily;

  constructor(family: SampleFamily, registry: Registry) {
    const { name, help, labelNames } = family;
    super({ name, help, labelNames: [...labelNames], registers: [registry] });
    this.#family = family;
  }

  override async get() {
    const samples = [...this.#family.parts.values()].flatMap((part) => [...decodeSamples(part.text)]);
    const values = samples.map(({ name, labels, value }) => ({ metricName: name, labels, value }));
    // The package declares a list of numbers for the type, and has words.
    return { ...(await super.get()), type: this.#family.type as unknown as PromType, values };
  }
}

/** The families that are exported, declared and checked in a registry of prom-client. */
export class FamilyRegistry {
  /** `registry.metrics()` says the same as the page. It decodes every sample, so it is slow; no scrape uses it. */
  readonly registry = new Registry();
  readonly #families = new Map<MetricName, PartFamily>();
  #sorted: readonly SampleFamily[] = [];

  /**
   * Exports exactly these families from now on. Those of a name that was there before have its parts, whatever else
   * changed. Throws, and changes nothing, where prom-client refuses a definition.
   */
  *declare(families: readonly Family[]): Steps {
    const next = new Map<MetricName, PartFamily>();
    for (const chunk of chunksOf(families)) {
      for (const definition of chunk) {
        const family = this.#keepOrCreate(definition);
        next.set(family.name, family);
        // Built aside, so that a refused definition leaves the registry as it was.
        if (this.#families.get(family.name) !== family) createMetric(family, new Registry());
      }
      yield;
    }
    for (const chunk of chunksOf(this.#families.values())) {
      for (const family of chunk) if (next.get(family.name) !== family) this.#remove(family);
      yield;
    }
    for (const chunk of chunksOf(next.values())) {
      for (const family of chunk) if (this.#families.get(family.name) !== family) this.#add(family);
      yield;
    }
    this.#sorted = [...next.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  family(name: MetricName): SampleFamily | undefined {
    return this.#families.get(name);
  }

  /** All families in alphabetical order. The array is replaced, never changed. */
  sorted(): readonly SampleFamily[] {
    return this.#sorted;
  }

  #keepOrCreate(definition: Family): PartFamily {
    const present = this.#families.get(definition.name);
    if (present !== undefined && isSameDefinition(present, definition)) return present;
    return new PartFamily(definition, present?.held);
  }

  #remove({ name }: PartFamily): void {
    this.registry.removeSingleMetric(name);
    this.#families.delete(name);
  }

  #add(family: PartFamily): void {
    createMetric(family, this.registry);
    this.#families.set(family.name, family);
  }
}

/** The parts of a family, through all its definitions. */
interface Held {
  readonly parts: Map<string, Part>;
  series: number;
}

class PartFamily implements SampleFamily {
  readonly name: MetricName;
  readonly type: MetricType;
  readonly help: string;
  readonly labelNames: readonly LabelName[];
  readonly header: Uint8Array;
  readonly held: Held;

  constructor(definition: Family, held: Held = { parts: new Map(), series: 0 }) {
    this.name = definition.name;
    this.type = definition.type;
    this.help = definition.help;
    this.labelNames = definition.labelNames;
    this.header = new TextEncoder().encode(renderHeader(this.name, this.type, this.help));
    this.held = held;
  }

  get parts(): ReadonlyMap<string, Part> {
    return this.held.parts;
  }

  get series(): number {
    return this.held.series;
  }

  replace(key: string, part: Part): void {
    const { held } = this;
    held.series += part.series - (held.parts.get(key)?.series ?? 0);
    held.parts.set(key, part);
  }

  remove(key: string): void {
    const { held } = this;
    const part = held.parts.get(key);
    if (part === undefined) return;
    held.series -= part.series;
    held.parts.delete(key);
  }
}

function createMetric(family: SampleFamily, registry: Registry): void {
  // prom-client keeps metrics in a plain object and takes `constructor` and its like for registered already. Such a
  // family is on the page like any other; it only does not show in the registry.
  if (family.name in Object.prototype) return;
  new PartMetric(family, registry);
}

function isSameDefinition(a: Family, b: Family): boolean {
  return a.type === b.type && a.help === b.help && a.labelNames.join() === b.labelNames.join();
}
