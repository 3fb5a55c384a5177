import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Arguments, parseCommandLine, UsageError } from '../../src/commands/arguments.ts';

test('without arguments the exporter is served from config.yml', () => {
  const args = parseCommandLine([]);
  assert.deepEqual(args, {
    command: 'serve',
    operands: [],
    configPaths: ['config.yml'],
    listen: null,
    telemetryPath: '/metrics',
    webConfigFile: null,
    enableLifecycle: false,
    trustLoopback: false,
    processMetrics: true,
    stateDirectory: null,
    logLevel: 'info',
    logFormat: null,
    target: null,
    strict: false,
    explain: false,
    verbose: false,
    once: false,
    fleet: false,
    withoutSecrets: false,
    intervalMs: null,
    connect: false,
    missing: null,
    version: false,
    help: false,
  } satisfies Arguments);
});

test('every option is read, also after the command and with =', () => {
  const args = parseCommandLine('test orders --config=a.yml --config b --target prod01 --strict'.split(' '));
  assert.equal(args.command, 'test');
  assert.deepEqual(args.operands, ['orders']);
  assert.deepEqual(args.configPaths, ['a.yml', 'b']);
  assert.equal(args.target, 'prod01');
  assert.equal(args.strict, true);
  const served = parseCommandLine('--web.listen-address 127.0.0.1:0 --log.level debug'.split(' '));
  assert.deepEqual(served.listen, { kind: 'tcp', host: '127.0.0.1', port: 0 });
  assert.equal(served.logLevel, 'debug');
});

const WRONG: readonly (readonly [string, RegExp])[] = [
  ['srve', /^unknown command "srve", did you mean "serve"\?$/],
  ['frobnicate', /^unknown command "frobnicate", expected one of serve, check, /],
  ['--confg x', /^unknown option "--confg", did you mean "--config"\?$/],
  ['-x', /^unknown option "-x"$/],
  ['serve extra', /"serve" takes no operand, got "extra"/],
  ['--bind abc', /--bind: .*abc/],
  ['--bind 127.0.0.1:70000', /--bind: .*70000/],
  ['--web.listen-address :1.5', /--web.listen-address: .*1\.5/],
  ['--bind :1 --web.listen-address :2', /are the same option/],
  ['--log.level loud', /--log.level: expected one of error, warn, info, debug, got "loud"/],
  ['--log.format xml', /--log.format: expected one of text, json, got "xml"/],
  ['--web.telemetry-path metrics', /--web.telemetry-path: expected a free path/],
  ['--web.telemetry-path /config', /--web.telemetry-path: expected a free path/],
  ['--web.telemetry-path /api/v1/sd', /--web.telemetry-path: expected a free path/],
  ['--target prod01', /^"serve" takes no --target, which belongs to "test"$/],
  ['check --once', /^"check" takes no --once, which belongs to "demo"$/],
  ['serve --without-secrets', /^"serve" takes no --without-secrets, which belongs to "check"$/],
  ['check --interval 60s', /^"check" takes no --interval, which belongs to "convert"$/],
  ['check --bind :1', /^"check" takes no --bind, which belongs to "serve", "demo", "health"$/],
  ['packs mysql other', /^"packs" takes one operand, got "mysql other"$/],
  ['convert --interval 60 percona a.yml', /--interval: expected a duration such as "60s", got "60"/],
  ['--config', /config/],
];

for (const [line, message] of WRONG) {
  test(`"${line}" is wrong usage`, () => {
    assert.throws(
      () => parseCommandLine(line.split(' ')),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  });
}
