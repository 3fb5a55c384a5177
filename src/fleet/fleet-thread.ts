/**
 * The fleet thread: holds the leases of servers, writes what their tasks bring to the store and reads what others wrote. It is
 * a thread of its own because a lease must be renewed whatever a query or a scrape costs, and because reading a large state
 * takes longer than a scrape may wait.
 */
import { clearInterval, setInterval } from 'node:timers';
import { parentPort, workerData } from 'node:worker_threads';
import { createRecordLogger } from '../logger.ts';
import type { ShareChange } from '../model/fleet-terms.ts';
import { Lease } from '../model/lease.ts';
import type { Part } from '../model/outcome.ts';
import type { KnownResult } from '../model/task-result.ts';
import { buffersOf } from '../model/transfer.ts';
import { Exchange } from './exchange.ts';
import type { FleetStart, FromFleet, SharedTasks, ToFleet } from './fleet-protocol.ts';
import { RedisStore } from './redis-store.ts';
import { toSharedPlan } from './shared-plan.ts';
import { Tenure } from './tenure.ts';

if (parentPort === null) throw new Error('the fleet runs as a worker thread');
const port = parentPort;
const start = workerData as FleetStart;
const { settings, self } = start;

/** Soon enough to notice the death of another replica well within the seconds that its lease took to end. */
const STEP_MS = 500;
/** Half of the lease must be left when an answer has not come, or it could not be extended in time. */
const MOST_ANSWER_MS = 3_000;

const TOLD_SKEW_MS = 100;

const post = (message: FromFleet, transfer: readonly ArrayBuffer[] = []) => port.postMessage(message, [...transfer]);
const logger = createRecordLogger((record) => post({ kind: 'log', record }), start.logLevel).with({
  fleet: settings.name,
});
const lease = new Lease(start.lease);
const answerMs = Math.min(MOST_ANSWER_MS, settings.leaseMs / 3);
const store = new RedisStore({ address: settings.store, fleet: settings.name, self: self.id, answerMs });

const exchange: Exchange = new Exchange({
  store,
  logger,
  owns: (server) => tenure.has(server),
  isConfirmed: () => tenure.isConfirmed,
  onRefused: () => {
    tenure.doubt();
    void step();
  },
  onResults: (results) => {
    const own = results.map(inOwnMemory);
    post(
      { kind: 'results', results: own },
      own.flatMap(({ outcome }) => buffersOf(outcome.parts)),
    );
  },
  onRelease: (by) => {
    tenure.heardOfRelease(by);
    void step();
  },
  onMissing: (tasks) => post({ kind: 'missing', tasks }),
});
const tenure: Tenure = new Tenure(
  {
    store,
    settings,
    self,
    lease,
    now: Lease.now,
    logger,
    fetch: (servers) => exchange.fetch(servers),
    restock: (servers) => void exchange.restock(servers).catch(() => {}),
    onChange: changed,
  },
  toSharedPlan({ servers: [], tasks: [] }),
  start.owned,
);
const lettingGo = new Set<Promise<void>>();
/** Of the plan that is about to come. */
let shared: SharedTasks[] = [];
/** Null: there was no plan yet. */
let steps: NodeJS.Timeout | null = null;
let told = '';
let isStepping = false;
let isWanted = false;

port.on('message', (message: ToFleet) => {
  switch (message.kind) {
    case 'shared':
      shared.push(message.shared);
      break;
    case 'plan':
      takePlan();
      break;
    case 'save':
      exchange.write(message.id, message.body);
      break;
    case 'left':
      left(message.servers);
      break;
    case 'go':
      void tenure.go();
      break;
    case 'stop':
      void stop();
      break;
    default:
      message satisfies never;
  }
});

/** One at a time; who asks meanwhile gets one more. */
async function step(): Promise<void> {
  isWanted = true;
  if (isStepping) return;
  isStepping = true;
  while (isWanted) {
    isWanted = false;
    if (await tenure.step()) isWanted = true;
    exchange.pump();
    tellStatus();
  }
  isStepping = false;
}

function takePlan(): void {
  const all = { servers: shared.flatMap(({ servers }) => servers), tasks: shared.flatMap(({ tasks }) => tasks) };
  shared = [];
  exchange.replaceTasks(all.tasks);
  tenure.replacePlan(toSharedPlan(all));
  if (steps === null) {
    exchange.start(() => tenure.state.clockSkewMs ?? 0);
    steps = setInterval(() => void step(), STEP_MS);
  }
  void step();
}

function changed(change: ShareChange): void {
  if (change.lost.length > 0) exchange.drop(new Set(change.lost));
  post({ kind: 'share', change });
}

function left(servers: readonly string[]): void {
  const letGo = exchange
    .flush(new Set(servers))
    .then(() => tenure.left(servers))
    .finally(() => lettingGo.delete(letGo));
  lettingGo.add(letGo);
}

function tellStatus(): void {
  const { members, clockSkewMs, ...state } = tenure.state;
  const own = tenure.self;
  const status = {
    ...state,
    name: settings.name,
    self: self.id,
    members: [own, ...members.filter(({ id }) => id !== self.id)],
    // Finer than anything depends on, and no reason for a page.
    clockSkewMs: clockSkewMs === null ? null : Math.round(clockSkewMs / TOLD_SKEW_MS) * TOLD_SKEW_MS,
    hasRead: exchange.hasRead,
    refusedUpdates: exchange.refused,
    pendingUpdates: exchange.pending,
    replicationMs: exchange.longestDelayMs,
  };
  const text = JSON.stringify(status);
  if (text !== told) post({ kind: 'status', status });
  told = text;
}

async function stop(): Promise<void> {
  if (steps !== null) clearInterval(steps);
  await Promise.all(lettingGo);
  await exchange.flush(new Set(tenure.owned));
  await exchange.stop();
  await store[Symbol.asyncDispose]();
  post({ kind: 'stopped' });
  port.close();
}

/** What was read shares large pieces of memory, which a message would copy whole. */
function inOwnMemory(result: KnownResult): KnownResult {
  const own = (bytes: Uint8Array): Uint8Array =>
    bytes.length === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes);
  const parts = result.outcome.parts.map(
    (part): Part => ({ ...part, text: own(part.text), deflated: part.deflated === null ? null : own(part.deflated) }),
  );
  return { ...result, outcome: { ...result.outcome, parts } };
}
