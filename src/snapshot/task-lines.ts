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
  readonly text: Uint8Array;
  readonly series: number;
}

/** What one family says about all tasks. Those of which it says nothing have a text of no bytes. */
interface FamilyLines {
  /** By part: the texts of its tasks, one after the other. */
  readonly texts: Uint8Array[];
  /** By the position of the task: how many bytes of them are about it. */
  readonly bytes: Uint32Array;
  readonly series: Uint32Array;
  /** By part and position: what the next flush puts there. */
  readonly news: Map<number, Map<number, Said>>;
}

const EMPTY = new Uint8Array();

/**
 * The lines about tasks in the exporter's own families. A part holds those of many neighbouring tasks: one per task and
 * family would be tens of thousands of buffers, and cost more of the garbage collector's time than all samples.
 */
export class TaskLines {
  readonly #board: PartBoard;
  #families: ReadonlyMap<MetricName, FamilyLines>;
  #positions: ReadonlyMap<string, number> = new Map();
  #partKeys: readonly string[] = [];

  constructor(board: PartBoard, families: readonly MetricName[]) {
    this.#board = board;
    this.#families = new Map(families.map((family) => [family, linesOf(0)]));
  }

  /** The keys of the parts in the order of the page, the same for each of the families. */
  get partKeys(): readonly string[] {
    return this.#partKeys;
  }

  /**
   * These tasks in this order from the last step on. What is said about those that were there before stays. Nothing may be
   * set or flushed between the steps.
   */
  *arrange(tasks: readonly Task[]): Steps {
    yield* this.flush();
    const positions = new Map<string, number>();
    for (const chunk of chunksOf(tasks)) {
      for (const { key } of chunk) positions.set(key, positions.size);
      yield;
    }
    // Aside, since pages of some tasks are made between the steps.
    const arranged = new Map<MetricName, FamilyLines>();
    for (const [family, before] of this.#families) {
      const lines = linesOf(tasks.length);
      arranged.set(family, lines);
      for (let from = 0; from < tasks.length; from += TASKS_PER_PART) {
        const said = tasks
          .slice(from, from + TASKS_PER_PART)
          .map(({ key }) => saidAt(before, this.#positions.get(key)));
        lines.texts.push(Buffer.concat(said.map(({ text }) => text)));
        lines.bytes.set(
          said.map(({ text }) => text.length),
          from,
        );
        lines.series.set(
          said.map(({ series }) => series),
          from,
        );
        yield;
      }
      // Those that are empty now are taken away.
      const parts = Math.max(before.texts.length, lines.texts.length);
      for (let part = 0; part < parts; part++) lines.news.set(part, new Map());
    }
    this.#families = arranged;
    this.#positions = positions;
    this.#partKeys = Array.from({ length: Math.ceil(tasks.length / TASKS_PER_PART) }, (_, part) => String(part));
  }

  /** `lines`: all that the family says about the task, on the page from the next flush on. */
  set(family: MetricName, task: TaskKey, lines: readonly string[]): void {
    const position = this.#positions.get(task);
    const news = this.#families.get(family)?.news;
    if (position === undefined || news === undefined) return;
    const part = Math.floor(position / TASKS_PER_PART);
    const said = { text: Buffer.from(lines.join('')), series: lines.length };
    const others = news.get(part);
    if (others === undefined) news.set(part, new Map([[position, said]]));
    else others.set(position, said);
  }

  /** Brings the parts up to date. */
  *flush(): Steps {
    for (const [family, lines] of this.#families) {
      for (const [part, news] of lines.news) {
        lines.news.delete(part);
        rewrite(lines, part, news);
        const from = part * TASKS_PER_PART;
        const series = lines.series.subarray(from, from + TASKS_PER_PART).reduce((sum, count) => sum + count, 0);
        this.#board.write(family, String(part), toPart(family, series, lines.texts[part] ?? EMPTY));
        yield;
      }
    }
  }

  /** What a family says about some tasks, in the order of the page. */
  partOf(family: MetricName, tasks: Iterable<string>): Part {
    const lines = this.#families.get(family);
    const positions = [...tasks].flatMap((key) => this.#positions.get(key) ?? []).sort((a, b) => a - b);
    const all = lines === undefined ? [] : positions.map((position) => saidAt(lines, position));
    const series = all.reduce((sum, said) => sum + said.series, 0);
    return toPart(family, series, Buffer.concat(all.map(({ text }) => text)));
  }
}

function linesOf(tasks: number): FamilyLines {
  return { texts: [], bytes: new Uint32Array(tasks), series: new Uint32Array(tasks), news: new Map() };
}

/** Puts what is new in its place, and what lies between there in as few pieces as possible. */
function rewrite({ texts, bytes, series }: FamilyLines, part: number, news: ReadonlyMap<number, Said>): void {
  if (news.size === 0) return;
  const text = texts[part] ?? EMPTY;
  const pieces: Uint8Array[] = [];
  let taken = 0;
  let at = 0;
  const from = part * TASKS_PER_PART;
  const to = Math.min(from + TASKS_PER_PART, bytes.length);
  for (let position = from; position < to; position++) {
    const length = bytes[position] ?? 0;
    const said = news.get(position);
    if (said !== undefined) {
      if (at > taken) pieces.push(text.subarray(taken, at));
      pieces.push(said.text);
      taken = at + length;
      bytes[position] = said.text.length;
      series[position] = said.series;
    }
    at += length;
  }
  if (at > taken) pieces.push(text.subarray(taken, at));
  texts[part] = Buffer.concat(pieces);
}

function saidAt({ texts, bytes, series }: FamilyLines, position: number | undefined): Said {
  if (position === undefined) return { text: EMPTY, series: 0 };
  const part = Math.floor(position / TASKS_PER_PART);
  let from = 0;
  for (let before = part * TASKS_PER_PART; before < position; before++) from += bytes[before] ?? 0;
  const text = texts[part] ?? EMPTY;
  return { text: text.subarray(from, from + (bytes[position] ?? 0)), series: series[position] ?? 0 };
}

function toPart(family: MetricName, series: number, text: Uint8Array): Part {
  // Without a block: it is compressed together with the parts around it, whatever its size.
  return { family, series, text, crc32: crc32(text), deflated: null };
}
