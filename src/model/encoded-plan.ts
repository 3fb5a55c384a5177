import { deserialize, serialize } from 'node:v8';
import type { Family, Plan, Query, Target, Task } from './plan.ts';
import { ITEMS_PER_STEP, type Steps } from './steps.ts';

/**
 * A plan, or the difference between two, as bytes in records of bounded size. A thread hands it to another one without
 * copying it, and that one reads it in steps; to post a plan as it is would hold up both threads by its size.
 */
export type EncodedPlan = SharedArrayBuffer;

/** What a whole plan is the difference from. */
const NO_PLAN: Plan = { revision: 0, maxRunning: 0, maxSeries: 0, targets: [], queries: [], families: [], tasks: [] };

/** A record takes about a millisecond to be read. */
const ITEMS_PER_RECORD = 64;
const RUNS_PER_RECORD = 256;
/** Each record follows its length. */
const LENGTH_BYTES = 4;

type List = 'targets' | 'queries' | 'families' | 'tasks';

/** The first record. */
type Head = Pick<Plan, 'revision' | 'maxRunning' | 'maxSeries'>;

/** A stretch of one of the plan's lists. */
interface Stretch<Item = unknown> {
  readonly list: List;
  /** In their order: from where in the list before and how many, or {@link WRITTEN} and how many of `items`. */
  readonly runs: readonly (readonly [from: number, count: number])[];
  readonly items: readonly Item[];
}

const WRITTEN = -1;

/** A task whose query and target are told by their positions. */
type WrittenTask = readonly [query: number, target: number, rest: Omit<Task, 'query' | 'target'>];

export function encodePlan(plan: Plan): EncodedPlan {
  return encodeDifference(NO_PLAN, plan);
}

/** `after` for somebody who has `before`. */
export function encodeDifference(before: Plan, after: Plan): EncodedPlan {
  const { revision, maxRunning, maxSeries } = after;
  const queries = samePlaces(before.queries, after.queries, ({ name }) => name, isWrittenAlike);
  const targets = samePlaces(before.targets, after.targets, ({ name }) => name, isWrittenAlike);
  const families = samePlaces(before.families, after.families, ({ name }) => name, isWrittenAlike);
  const stays = new Set<Query | Target>();
  for (const [i, query] of after.queries.entries()) if (queries[i] !== WRITTEN) stays.add(query);
  for (const [i, target] of after.targets.entries()) if (targets[i] !== WRITTEN) stays.add(target);
  const isSame = (a: Task, b: Task) =>
    a.samplesFingerprint === b.samplesFingerprint &&
    a.termsFingerprint === b.termsFingerprint &&
    stays.has(b.query) &&
    stays.has(b.target);
  const tasks = samePlaces(before.tasks, after.tasks, ({ key }) => key, isSame);
  return toBytes([
    { revision, maxRunning, maxSeries } satisfies Head,
    ...stretches('targets', targets, after.targets),
    ...stretches('queries', queries, after.queries),
    ...stretches('families', families, after.families),
    ...stretches('tasks', tasks, after.tasks, writeTasks(after)),
  ]);
}

/** The plan that was encoded; `before`: what it was encoded as the difference from. What is the same is the same object. */
export function* decodePlan(encoded: EncodedPlan, before: Plan = NO_PLAN): Steps<Plan> {
  const records = readRecords(encoded);
  const head = records.next().value as Head;
  const lists = { targets: [] as Target[], queries: [] as Query[], families: [] as Family[], tasks: [] as Task[] };
  for (const record of records) {
    const { list } = record as Stretch;
    if (list === 'tasks') {
      const readTask = ([query, target, rest]: WrittenTask): Task => ({
        ...rest,
        query: lists.queries[query] as Query,
        target: lists.targets[target] as Target,
      });
      yield* append(lists.tasks, before.tasks, record as Stretch<WrittenTask>, readTask);
    } else {
      yield* append<unknown, unknown>(lists[list], before[list], record as Stretch, (item) => item);
    }
  }
  return { ...head, ...lists };
}

/** Of each item where it stands in the list before, or {@link WRITTEN}. */
function samePlaces<Item>(
  before: readonly Item[],
  after: readonly Item[],
  keyOf: (item: Item) => string,
  isSame: (a: Item, b: Item) => boolean,
): readonly number[] {
  const places = new Map(before.map((item, place) => [keyOf(item), place]));
  return after.map((item) => {
    const place = places.get(keyOf(item)) ?? WRITTEN;
    const old = before[place];
    return old !== undefined && isSame(old, item) ? place : WRITTEN;
  });
}

/** Plans are made by one planner, so equal things are written alike. */
function isWrittenAlike(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function* stretches<Item>(
  list: List,
  places: readonly number[],
  after: readonly Item[],
  write: (item: Item) => unknown = (item) => item,
): Generator<Stretch> {
  let runs: [from: number, count: number][] = [];
  let items: unknown[] = [];
  for (const [i, place] of places.entries()) {
    const last = runs.at(-1);
    const next = last === undefined || last[0] === WRITTEN ? last?.[0] : last[0] + last[1];
    if (last !== undefined && next === place) last[1]++;
    else runs.push([place, 1]);
    if (place === WRITTEN) items.push(write(after[i] as Item));
    if (items.length < ITEMS_PER_RECORD && runs.length < RUNS_PER_RECORD) continue;
    yield { list, runs, items };
    runs = [];
    items = [];
  }
  if (runs.length > 0) yield { list, runs, items };
}

function writeTasks({ queries, targets }: Plan): (task: Task) => WrittenTask {
  const queryPlaces = new Map(queries.map((query, place) => [query, place]));
  const targetPlaces = new Map(targets.map((target, place) => [target, place]));
  return ({ query, target, ...rest }) => {
    const [queryPlace, targetPlace] = [queryPlaces.get(query), targetPlaces.get(target)];
    if (queryPlace === undefined || targetPlace === undefined)
      throw new Error('the plan has a task without its target');
    return [queryPlace, targetPlace, rest];
  };
}

function* append<Written, Item>(
  list: Item[],
  before: readonly Item[],
  { runs, items }: Stretch<Written>,
  read: (item: Written) => Item,
): Steps {
  let used = 0;
  for (const [from, count] of runs) {
    if (from === WRITTEN) {
      for (const item of items.slice(used, used + count)) list.push(read(item));
      used += count;
      continue;
    }
    for (let at = from; at < from + count; at++) {
      list.push(before[at] as Item);
      if (at % ITEMS_PER_STEP === 0) yield;
    }
  }
  yield;
}

function toBytes(records: readonly object[]): EncodedPlan {
  const encoded = records.map((record) => serialize(record));
  const bytes = encoded.reduce((sum, record) => sum + LENGTH_BYTES + record.length, 0);
  const shared = new SharedArrayBuffer(bytes);
  const view = Buffer.from(shared);
  let position = 0;
  for (const record of encoded) {
    position = view.writeUInt32LE(record.length, position);
    position += record.copy(view, position);
  }
  return shared;
}

function* readRecords(encoded: EncodedPlan): Generator<unknown> {
  const view = Buffer.from(encoded);
  for (let position = 0; position < view.length; ) {
    const end = position + LENGTH_BYTES + view.readUInt32LE(position);
    yield deserialize(view.subarray(position + LENGTH_BYTES, end));
    position = end;
  }
}
