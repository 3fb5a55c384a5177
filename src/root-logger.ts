import type { Writable } from 'node:stream';
import { printableJson } from './language/quote.ts';
import { createRecordLogger, type Fields, type Logger, type LogLevel, type LogRecord } from './logger.ts';

export type LogFormat = 'text' | 'json' | 'journal';

export interface RootLogger extends Logger {
  readonly level: LogLevel;
  /** Writes a record of another thread. */
  write(record: LogRecord): void;
  /** Resolves when everything logged so far has left the process, or can no longer leave it. */
  flush(): Promise<void>;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly stream: Writable;
}

/** Writes a record as a line. */
type Write = (record: LogRecord) => void;

/**
 * The logger of the process. One record is one line, whatever text it carries. What writes them takes as long to load as
 * the configuration to be read, so it is loaded with the first record; `load` is for tests.
 */
export function createLogger(options: LogOptions, load = loadWinston): RootLogger {
  const { level, format, stream } = options;
  let open = true;
  // A closed pipe reports an error for every line. The log is then given up, and the exporter goes on.
  stream.on('error', () => {
    open = false;
  });
  // Where no file can be opened any more, that has to be said all the same.
  const writeItself: Write = (record) => void stream.write(`${LINE[format](record)}\n`);
  let loading: Promise<Write> | null = null;
  const write = (record: LogRecord) => {
    if (!open) return;
    loading ??= load(options).catch(() => writeItself);
    void loading.then((writeLine) => {
      if (open) writeLine(record);
    });
  };
  return {
    ...createRecordLogger(write, level),
    level,
    write,
    flush: async () => {
      await loading;
      await new Promise<void>((resolve) => {
        if (!open || !stream.writable) return resolve();
        stream.once('error', () => resolve());
        stream.write('', () => resolve());
      });
    },
  };
}

async function loadWinston({ level, format, stream }: LogOptions): Promise<Write> {
  // In the bundle it is at hand, and whatever else waits for this turn comes first.
  await new Promise((resolve) => setImmediate(resolve));
  const { default: winston } = await import('winston');
  const backend = winston.createLogger({
    level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: winston.format.printf((entry) => LINE[format](entry['record'] as LogRecord)),
    transports: [new winston.transports.Stream({ stream, eol: '\n' })],
    exitOnError: false,
  });
  return (record) => void backend.log({ level: record.level, message: record.message, record });
}

const LINE: Readonly<Record<LogFormat, (record: LogRecord) => string>> = {
  text: (record) => `time=${time(record)} level=${record.level} ${logfmt(record)}`,
  // journald keeps the time itself and reads the priority from the prefix (sd-daemon(3)).
  journal: (record) => `<${PRIORITY[record.level]}>${logfmt(record)}`,
  json: (record) =>
    printableJson({ time: time(record), level: record.level, msg: record.message, ...defined(record.fields) }),
};

const PRIORITY: Readonly<Record<LogLevel, number>> = { error: 3, warn: 4, info: 6, debug: 7 };

function time(record: LogRecord): string {
  return new Date(record.atMs).toISOString();
}

function logfmt(record: LogRecord): string {
  const pairs = Object.entries(defined(record.fields)).map(([name, value]) => ` ${name}=${quoted(String(value))}`);
  return `msg=${quoted(record.message)}${pairs.join('')}`;
}

function defined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

/** A word stays as it is, everything else becomes a quoted string. */
function quoted(text: string): string {
  return /^[\w./:@%+,[\]{}()*-]+$/.test(text) ? text : printableJson(text);
}
