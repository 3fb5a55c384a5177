export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Says what happened as a short fixed message and fields; values never stand inside the message. */
export interface Logger {
  error(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  debug(message: string, fields?: Fields): void;
  /** A logger that adds these fields to every record. */
  with(fields: Fields): Logger;
}

/** One line of the log as plain data, so that a thread can post it. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly atMs: number;
  readonly message: string;
  readonly fields: Fields;
}

/** A logger that hands every record of this level or a graver one to `take`. */
export function createRecordLogger(
  take: (record: LogRecord) => void,
  level: LogLevel = 'debug',
  now: () => number = Date.now,
): Logger {
  const most = LOG_LEVELS.indexOf(level);
  return scoped({});

  function scoped(scope: Fields): Logger {
    const log = (at: LogLevel) =>
      LOG_LEVELS.indexOf(at) > most
        ? () => {}
        : (message: string, fields?: Fields) =>
            take({ level: at, atMs: now(), message, fields: { ...scope, ...fields } });
    return {
      error: log('error'),
      warn: log('warn'),
      info: log('info'),
      debug: log('debug'),
      with: (fields) => scoped({ ...scope, ...fields }),
    };
  }
}
