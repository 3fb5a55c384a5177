import { toPart } from '../metrics/block.ts';
import type { Part } from '../model/update.ts';
import type { MetricName, TaskKey } from '../model/words.ts';
import type { PartBoard } from './part-board.ts';

/** Enough for a block that is worth its start, few enough to be made anew in less than a tenth of a millisecond. */
const TASKS_PER_PART = 256;

/** What one family says about one task. */
interface Said {
  /**
   * Each character stands for a byte of UTF-8, in a string of its own: such strings are put together and turned into bytes
   * many times faster than text that is still in the pieces it was made of.
   */
  readonly bytes: string;
  readonly series: number;
}

const NOTHING: Said = { bytes: '', series: 0 };

/**
 * The lines about tasks in the exporter's own families. A part holds those of many neighbouring tasks: one per task and
 * family would be tens of thousands of buffers, and cost more of the garbage collector's time than all samples.
 */
export class TaskLines {
  readonly #board: PartBoard;
  /** By family and the position of the task. */
  readonly #said: Map<MetricName, Said[]>;
  readonly #dirty: ReadonlyMap<MetricName, Set<number>>;
  #positions: ReadonlyMap<string, number> = new Map();
  #partKeys: readonly string[] = [];

  constructor(board: PartBoard, families: readonly MetricName[]) {
    this.#board = board;
    this.#said = new Map(families.map((family) => [family, []]));
    this.#dirty = new Map(families.map((family) => [family, new Set()]));
  }

  /** The keys of the parts in the order of the page, the same for each of the families. */
  get partKeys(): readonly string[] {
    return this.#partKeys;
  }

  /** These tasks in this order from now on. What is said about those that were there before stays. */
  arrange(tasks: readonly TaskKey[]): void {
    const old = this.#positions;
    const parts = Math.max(this.#partKeys.length, Math.ceil(tasks.length / TASKS_PER_PART));
    this.#positions = new Map(tasks.map((key, position) => [key, position]));
    this.#partKeys = Array.from({ length: Math.ceil(tasks.length / TASKS_PER_PART) }, (_, part) => String(part));
    for (const [family, said] of this.#said) {
      this.#said.set(
        family,
        tasks.map((key) => said[old.get(key) ?? -1] ?? NOTHING),
      );
      for (let part = 0; part < parts; part++) this.#dirty.get(family)?.add(part);
    }
  }

  /** `lines`: all that the family says about the task. */
  set(family: MetricName, task: TaskKey, lines: readonly string[]): void {
    const position = this.#positions.get(task);
    const said = this.#said.get(family);
    if (position === undefined || said === undefined) return;
    said[position] = { bytes: Buffer.from(lines.join('')).toString('latin1'), series: lines.length };
    this.#dirty.get(family)?.add(Math.floor(position / TASKS_PER_PART));
  }

  /** Brings the parts up to date. */
  flush(): void {
    for (const [family, parts] of this.#dirty) {
      const said = this.#said.get(family) ?? [];
      for (const part of parts) {
        const from = part * TASKS_PER_PART;
        this.#board.write(family, String(part), join(family, said.slice(from, from + TASKS_PER_PART)));
      }
      parts.clear();
    }
  }

  /** What a family says about some tasks, in their order. */
  partOf(family: MetricName, tasks: Iterable<string>): Part {
    const said = this.#said.get(family) ?? [];
    return join(
      family,
      [...tasks].map((key) => said[this.#positions.get(key) ?? -1] ?? NOTHING),
    );
  }
}

function join(family: MetricName, all: readonly Said[]): Part {
  const text = Buffer.from(all.map(({ bytes }) => bytes).join(''), 'latin1');
  const series = all.reduce((sum, said) => sum + said.series, 0);
  return toPart(family, series, text);
}
