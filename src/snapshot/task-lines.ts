import { crc32 } from 'node:zlib';
import type { Part } from '../model/outcome.ts';
import type { Task } from '../model/plan.ts';
import { chunksOf, type Steps } from '../model/steps.ts';
import type { MetricName, TaskKey } from '../model/words.ts';
import type { PartBoard } from './part-board.ts';

/** Few enough that most parts stay as they are after a hundred results, enough that parts are few beside the results. */
const TASKS_PER_PART = 32;

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
  #said: ReadonlyMap<MetricName, Said[]>;
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

  /** These tasks in this order from the last step on. What is said about those that were there before stays. */
  *arrange(tasks: readonly Task[]): Steps {
    const old = this.#positions;
    const parts = Math.max(this.#partKeys.length, Math.ceil(tasks.length / TASKS_PER_PART));
    const positions = new Map<string, number>();
    for (const chunk of chunksOf(tasks)) {
      for (const { key } of chunk) positions.set(key, positions.size);
      yield;
    }
    // Aside, since pages of some tasks are made between the steps.
    const arranged = new Map<MetricName, Said[]>();
    for (const [family, said] of this.#said) {
      const lines: Said[] = [];
      arranged.set(family, lines);
      for (const chunk of chunksOf(tasks)) {
        for (const { key } of chunk) lines.push(said[old.get(key) ?? -1] ?? NOTHING);
        yield;
      }
      for (let part = 0; part < parts; part++) this.#dirty.get(family)?.add(part);
    }
    this.#said = arranged;
    this.#positions = positions;
    this.#partKeys = Array.from({ length: Math.ceil(tasks.length / TASKS_PER_PART) }, (_, part) => String(part));
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
  *flush(): Steps {
    for (const [family, parts] of this.#dirty) {
      const said = this.#said.get(family) ?? [];
      for (const part of parts) {
        parts.delete(part);
        const from = part * TASKS_PER_PART;
        this.#board.write(family, String(part), join(family, said.slice(from, from + TASKS_PER_PART)));
        yield;
      }
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
  // Without a block: it is compressed together with the parts around it, whatever its size.
  return { family, series, text, crc32: crc32(text), deflated: null };
}
