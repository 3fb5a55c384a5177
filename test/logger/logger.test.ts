import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { createRecordLogger, type LogLevel, type LogRecord } from '../../src/logger.ts';
import { createLogger, type LogFormat } from '../../src/root-logger.ts';

const RECORD: LogRecord = { level: 'warn', atMs: 0, message: 'refresh failed', fields: { query: 'orders', series: 3 } };

async function logged(record: LogRecord, format: LogFormat = 'text', level: LogLevel = 'debug'): Promise<string> {
  const stream = new PassThrough();
  const logger = createLogger({ level, format, stream });
  logger.write(record);
  await logger.flush();
  return String(stream.read() ?? '');
}

test('a text line has time, level, message and fields', async () => {
  assert.equal(
    await logged(RECORD),
    'time=1970-01-01T00:00:00.000Z level=warn msg="refresh failed" query=orders series=3\n',
  );
});

test('a journal line has its priority and leaves the time to the journal', async () => {
  assert.equal(await logged(RECORD, 'journal'), '<4>msg="refresh failed" query=orders series=3\n');
});

test('a JSON line is one object with typed fields', async () => {
  const line = await logged(RECORD, 'json');
  assert.deepEqual(JSON.parse(line), {
    time: '1970-01-01T00:00:00.000Z',
    level: 'warn',
    msg: 'refresh failed',
    query: 'orders',
    series: 3,
  });
});

for (const format of ['text', 'json', 'journal'] as const) {
  test(`text from a server cannot forge a line or colour a terminal (${format})`, async () => {
    const evil = 'a\nlevel=error msg=forged\r\u001b[31m\u0000\u009b31m\u2028"q"';
    const line = await logged({ ...RECORD, message: evil, fields: { error: evil } }, format);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    assert.doesNotMatch(line.slice(0, -1), /[\u0000-\u001f\u007f-\u009f\u2028]/);
    assert.ok(line.endsWith('\n'));
  });
}

test('records below the level are not written, fields without a value are left out', async () => {
  assert.equal(await logged(RECORD, 'text', 'error'), '');
  const line = await logged({ ...RECORD, fields: { errno: null, query: undefined } });
  assert.equal(line, 'time=1970-01-01T00:00:00.000Z level=warn msg="refresh failed"\n');
});

test('a scoped logger adds its fields to every record', () => {
  const records: LogRecord[] = [];
  const logger = createRecordLogger(
    (record) => records.push(record),
    'info',
    () => 7,
  ).with({ query: 'orders' });
  logger.info('refreshed', { rows: 2 });
  logger.debug('left out: it says more than was asked for');
  assert.deepEqual(records, [{ level: 'info', atMs: 7, message: 'refreshed', fields: { query: 'orders', rows: 2 } }]);
});

test('a closed pipe ends the log and nothing else', async () => {
  let writes = 0;
  const stream = new Writable({
    write: (_chunk, _encoding, done) => {
      writes += 1;
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    },
    autoDestroy: false,
  });
  const logger = createLogger({ level: 'info', format: 'text', stream });
  logger.info('first');
  await logger.flush();
  for (let line = 0; line < 1_000; line += 1) logger.info('more');
  await logger.flush();
  assert.ok(writes <= 2, `${writes} writes to a closed pipe`);
});

test('what writes the records is loaded with the first, and they keep their order', async () => {
  const stream = new PassThrough();
  let loads = 0;
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', format: 'text', stream }, async () => {
    loads += 1;
    return ({ message }) => void lines.push(message);
  });
  await logger.flush();
  assert.equal(loads, 0);
  logger.info('first');
  logger.info('second');
  assert.deepEqual([loads, lines], [1, []]);
  await logger.flush();
  logger.info('third');
  await logger.flush();
  assert.deepEqual([loads, lines], [1, ['first', 'second', 'third']]);
});

test('records are written also where what writes them cannot be loaded', async () => {
  const stream = new PassThrough();
  const unloadable = () => Promise.reject(Object.assign(new Error('too many open files'), { code: 'EMFILE' }));
  const logger = createLogger({ level: 'info', format: 'journal', stream }, unloadable);
  logger.error('fault of the exporter', { event: 'uncaughtException' });
  await logger.flush();
  assert.equal(String(stream.read()), '<3>msg="fault of the exporter" event=uncaughtException\n');
});
