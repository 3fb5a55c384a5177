import type { Rejection } from '../../model/outcome.ts';
import type { DatedFailure } from '../../model/standing.ts';
import type { TaskState, TaskStatus } from '../../model/status.ts';
import { nameTask } from '../../model/task-name.ts';
import { formatCount } from './format.ts';
import { STATES } from './view.ts';

/** What is wrong with a task. */
export interface Said {
  /** In our words; null: the failure says it. */
  readonly text: string | null;
  /** Null: it did not fail. */
  readonly failure: DatedFailure | null;
  /** What the server or we said of it, without the names of the task; null where there is nothing, or it is not for the reader. */
  readonly message: string | null;
}

/** What is wrong with some tasks, the same for all of them. */
export interface Trouble extends Said {
  /** The same as long as the trouble is the same. */
  readonly key: string;
  readonly state: TaskState;
  readonly tasks: readonly TaskStatus[];
  /** The longest of them; null: not known. */
  readonly sinceMs: number | null;
}

/** Equal troubles are one. The worst state comes first, and in it what most tasks have. */
export function troublesOf(tasks: readonly TaskStatus[], trusted: boolean): readonly Trouble[] {
  const groups = new Map<string, { readonly said: Said; readonly tasks: TaskStatus[] }>();
  for (const task of tasks) {
    const said = whatIsWrong(task, trusted);
    if (said === null) continue;
    const { failure, text, message } = said;
    const codes = [failure?.reason, failure?.errno, failure?.sqlState];
    // Where the text is not told, only failures of one query are sure to be alike.
    const key = JSON.stringify([task.state, text, message, codes, message === null ? task.query : '']);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { said, tasks: [task] });
    else group.tasks.push(task);
  }
  const troubles = [...groups].map(([key, { said, tasks: some }]) => ({
    ...said,
    key,
    state: some[0]?.state ?? 'failing',
    tasks: some,
    sinceMs: some.reduce<number | null>((first, { failingSinceMs }) => earlier(first, failingSinceMs), null),
  }));
  const order = (trouble: Trouble) => STATES.indexOf(trouble.state);
  return troubles.sort((a, b) => order(a) - order(b) || b.tasks.length - a.tasks.length);
}

/** Null: nothing, or what the target's own entry says. */
export function whatIsWrong(task: TaskStatus, trusted: boolean): Said | null {
  const { state, missed, lastFailure, failingSinceMs } = task;
  const inWords = (text: string) => ({ text, failure: null, message: null });
  if (state === 'suspended') return inWords('It was under way at two crashes, so it is not run until a reload.');
  if (state === 'rejecting') return inWords(task.rejections.map((one) => describeRejection(one, trusted)).join('\n'));
  if (state !== 'failing' && state !== 'stale') return null;
  if (missed === 'backoff') return inWords('Its target did not answer when the last run was due.');
  if (failingSinceMs === null || lastFailure === null) return inWords('The last success is older than max_age.');
  return { text: null, failure: lastFailure, message: trusted ? withoutNames(task, lastFailure) : null };
}

/** The first offender is a cell of the database. */
export function describeRejection(
  { reason, count, family, column, example, hint }: Rejection,
  trusted: boolean,
): string {
  const first = trusted ? `, the first is ${JSON.stringify(example)}` : '';
  const advice = hint !== '' ? `; ${hint}` : '';
  return `${family}: ${formatCount(count)} of column ${JSON.stringify(column)} rejected (${reason})${first}${advice}`;
}

/** The codes that a server gave, such as `error 1146, SQLSTATE 42S02`. */
export function describeCodes({ errno, sqlState }: DatedFailure): string {
  const codes = [errno === null ? '' : `error ${errno}`, sqlState === null ? '' : `SQLSTATE ${sqlState}`];
  return codes.filter(Boolean).join(', ');
}

/** The names stand beside it. */
export function withoutNames({ query, target }: TaskStatus, { message }: DatedFailure): string {
  const names = `${nameTask(query, target)}: `;
  return message.startsWith(names) ? message.slice(names.length) : message;
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
