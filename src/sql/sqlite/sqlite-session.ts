import { type ChildProcess, fork } from 'node:child_process';
import type { Deadline } from '../../model/deadline.ts';
import { RefreshError } from '../../model/failure.ts';
import { Row, type RowSink } from '../../model/rows.ts';
import { ResultCaps } from '../pool/result-caps.ts';
import type { ServerKnowledge } from '../pool/server-knowledge.ts';
import type { Session, SessionRun } from '../session.ts';
import type { Job, Report, Values } from './sqlite-messages.ts';

/** Two batches and one row, whose values are bounded; the young objects of a stream need no room. */
const HEAP_OPTIONS = ['--max-old-space-size=128', '--max-semi-space-size=1', '--expose-gc'];
/** A line in the list of processes has as much room as there were arguments. */
const ROOM_FOR_TITLE = ' '.repeat(256);
/** Where SQLite sorts, and what its `localtime` is. */
const ENVIRONMENT = ['TMPDIR', 'SQLITE_TMPDIR', 'TZ'];
/** SQLite gives a lock up so long before the deadline, to say what it waited for. */
const ANSWER_MS = 100;
const LONGEST_BUSY_MS = 2 ** 31 - 1;
const GOODBYE_MS = 1_000;

/** SQLite on one file in a process of its own, which opens the file anew for every job. The signal ends it. */
export class SqliteSession implements Session {
  readonly id: string;
  readonly address: string;
  readonly openedMs = performance.now();
  readonly cancelKey = null;
  readonly closed: Promise<void>;
  readonly #child: ChildProcess;
  readonly #knowledge: ServerKnowledge;
  #isDead = false;
  #underWay: { hear(report: Report): void; resolve(): void; reject(error: unknown): void } | null = null;
  #lastWords: string | undefined;

  constructor(path: string, knowledge: ServerKnowledge, signal: AbortSignal) {
    this.#knowledge = knowledge;
    this.#child = fork(new URL('./sqlite-child.js', import.meta.url), [path, ROOM_FOR_TITLE], {
      execArgv: HEAP_OPTIONS,
      env: Object.fromEntries(ENVIRONMENT.map((name) => [name, process.env[name]])),
      serialization: 'advanced',
      // The first one carries nothing, but ends with this thread.
      stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
      signal,
      killSignal: 'SIGKILL',
    });
    this.id = String(this.#child.pid);
    this.address = path;
    this.closed = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#die(new RefreshError('lost', `its process ended: ${this.#lastWords ?? how}`, { endedBy: null }));
        resolve();
      };
      this.#child.on('error', ({ message }) => end(message));
      this.#child.once('close', (code, signal) => end(signal ?? `exit status ${code}`));
    });
    this.#child.on('message', (report: Report) => this.#take(report));
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#lastWords ??= /^(?:\w*Error|FATAL ERROR).*$/m.exec(String(chunk))?.[0];
    });
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  async run(request: SessionRun, sink: RowSink, deadline: Deadline): Promise<null> {
    if (request.lock !== null) this.#knowledge.lacks('guard', 'SQLite has no locks by name');
    const { sql, initSql, maxBytes } = request;
    const busyMs = Math.floor(Math.max(0, Math.min(deadline.leftMs - ANSWER_MS, LONGEST_BUSY_MS)));
    const caps = new ResultCaps(request);
    let row = new Row(0);
    const takeRow = (values: Values): void => {
      caps.countRow();
      caps.countBytes(row.fill(values));
      sink.row(row);
    };
    await this.#perform({ kind: 'run', sql, initSql, maxBytes, busyMs }, (report) => {
      if (report.kind === 'started') request.onStart();
      else if (report.kind === 'columns') {
        row = new Row(report.names.length);
        sink.columns(report.names);
      } else if (report.kind === 'rows') report.rows.forEach(takeRow);
    });
    return null;
  }

  /** Nobody holds a lock. */
  async endHolder(): Promise<void> {}

  /** Nothing of a run is left: the next one opens the file anew. */
  async reset(): Promise<void> {}

  ping(): Promise<void> {
    return this.#perform({ kind: 'ping', maxBytes: 0, busyMs: 0 }, () => undefined);
  }

  async quit(): Promise<void> {
    this.#isDead = true;
    this.#child.stdin?.end();
    const late = setTimeout(() => this.destroy(), GOODBYE_MS);
    await this.closed;
    clearTimeout(late);
  }

  destroy(): void {
    this.#die(new RefreshError('lost', 'the connection was closed', { endedBy: null }));
  }

  #perform(job: Job, hear: (report: Report) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#underWay = { hear, resolve, reject };
      // That it could not be sent is heard otherwise.
      this.#child.send(job, () => undefined);
      if (this.#isDead) this.destroy();
    });
  }

  #take(report: Report): void {
    try {
      if (report.kind === 'failed') this.#underWay?.reject(new RefreshError(report.reason, report.message, report));
      else if (report.kind === 'done') this.#underWay?.resolve();
      else this.#underWay?.hear(report);
    } catch (error) {
      this.#die(error);
    }
  }

  #die(error: unknown): void {
    this.#isDead = true;
    this.#underWay?.reject(error);
    this.#underWay = null;
    this.#child.kill('SIGKILL');
  }
}
