import type { FailureReason } from '../../model/failure.ts';
import { type Html, html } from './html.ts';

interface Advice {
  readonly text: string;
  /** Of a heading in docs/troubleshooting.md. */
  readonly anchor: 'a-target-is-down' | 'the-login-is-refused' | 'a-query-fails';
}

const A_QUERY_FAILS = 'a-query-fails';

/** What a person can do about a failure. */
export const ADVICE: Readonly<Record<FailureReason, Advice>> = {
  connect: { text: 'Is the server up, and can this host reach its address?', anchor: 'a-target-is-down' },
  auth: {
    text: 'Check user, password and database, then reload the configuration, which tries at once.',
    anchor: 'the-login-is-refused',
  },
  timeout: {
    text: 'Make the statement cheaper, look for who holds its locks, or raise its timeout.',
    anchor: A_QUERY_FAILS,
  },
  query: { text: 'Run the same statement as the same user in a client of the database.', anchor: A_QUERY_FAILS },
  read_only: { text: 'Take what writes out of the statement: queries may only read.', anchor: A_QUERY_FAILS },
  no_result: { text: 'Use a statement that gives rows, such as a SELECT.', anchor: A_QUERY_FAILS },
  missing_column: {
    text: 'Give the columns of the statement the names that labels and values have, by AS.',
    anchor: A_QUERY_FAILS,
  },
  too_large: { text: 'Let the statement sum up more, or raise max_rows or max_bytes.', anchor: A_QUERY_FAILS },
  empty: { text: 'The query is told to fail when no row comes: on_empty.', anchor: A_QUERY_FAILS },
  lost: {
    text: 'Was the server restarted, or does something between close idle connections? The next run connects again.',
    anchor: A_QUERY_FAILS,
  },
  busy: { text: 'Use longer intervals, or raise max_connections or max_running.', anchor: A_QUERY_FAILS },
  too_many_series: { text: 'Use fewer labels or rows, or raise max_series.', anchor: A_QUERY_FAILS },
  no_samples: {
    text: 'Let the statement give numbers for the values, and a label for what tells rows apart.',
    anchor: A_QUERY_FAILS,
  },
  internal: {
    text: 'This is a fault of the exporter: please report it, with its line in the log.',
    anchor: A_QUERY_FAILS,
  },
};

/** In a sentence, with the way to all that is known about it. */
export function adviceOf(reason: FailureReason): Html {
  const { text, anchor } = ADVICE[reason];
  return html`${text} <a href="./docs/troubleshooting#${anchor}">More about this</a>`;
}
