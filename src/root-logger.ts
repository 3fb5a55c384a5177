import type { Writable } from 'node:stream';
import type { Logger as Backend } from 'winston';
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

/**
 * The logger of the process. One record is one line, whatever text it carries. winston, which loads for as long as the
 * configuration is read, is loaded with the first record or flush: so the first page need not wait for it.
 */
export function createLogger(options: LogOptions): RootLogger {
  const { level, stream } = options;
  let open = true;
  // A closed pipe reports an error for every line. The log is then given up, and the exporter goes on.
  stream.on('error', () => {
    open = false;
  });
  let loading: Promise<Backend> | null = null;
  const load = () => {
    loading ??= createBackend(options);
    return loading;
  };
  const write = (record: LogRecord) => {
    if (!open) return;
    void load().then((backend) => {
      if (open) backend.log({ level: record.level, message: record.message, record });
    });
  };
  return {
    ...createRecordLogger(write, level),
    level,
    write,
    flush: async () => {
      await load();
      await new Promise<void>((resolve) => {
        if (!open || !stream.writable) return resolve();
        stream.once('error', () => resolve());
        stream.write('', () => resolve());
      });
    },
  };
}

async function createBackend({ level, format, stream }: LogOptions): Promise<Backend> {
  const { default: winston } = await import('winston');
  return winston.createLogger({
    level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: winston.format.printf((entry) => LINE[format](entry['record'] as LogRecord)),
    transports: [new winston.transports.Stream({ stream, eol: '\n' })],
    exitOnError: false,
  });
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
