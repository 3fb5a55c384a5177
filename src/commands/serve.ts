import { type Exporter, startExporter } from '../exporter/exporter.ts';
import { createLogger, type LogFormat, type RootLogger } from '../logger.ts';
import { settlesWithin } from '../model/wait.ts';
import { DEFAULT_LISTEN, type Listen } from '../web/listen-address.ts';
import type { Arguments } from './arguments.ts';
import type { Command } from './command.ts';
import { inheritedDescriptors } from './inherited-descriptors.ts';
import { ServiceManager } from './service-manager.ts';
import { dieOf, hangUps, untilSignal } from './signals.ts';
import { toStartError } from './start-error.ts';
import type { Terminal } from './terminal.ts';
import { readBuildInfo } from './version.ts';

/** Statements are stopped on their servers within this, responses are sent. */
const GRACE_MS = 5_000;
/** EX_SOFTWARE of sysexits.h: neither the configuration nor the usage is wrong. */
const FAULT_STATUS = 70;

export const serve: Command = async (args, terminal) => {
  const logger = createLogger({ level: args.logLevel, format: logFormat(args, terminal), stream: terminal.stderr });
  endOnFault(logger);
  // From here on, so that a signal during the start does what it should.
  const stopped = untilSignal();
  const onHangUp = hangUps();
  const inherited = inheritedDescriptors(terminal.env, process.pid);
  const listen = args.listen ?? inherited.socket ?? DEFAULT_LISTEN;
  const exporter = await start(args, terminal, logger, listen);
  const manager = new ServiceManager({ env: terminal.env, pid: process.pid, logger, descriptor: inherited.notify });
  onHangUp(() => void manager.reload(() => exporter.reload()));
  void manager.ready(`serving ${exporter.url}`, () => exporter.healthy);
  const signal = await stopped;
  logger.info('stopping', { signal });
  void manager.stopping();
  const hasEnded = await exporter.stop(GRACE_MS);
  const isLogged = await settlesWithin(logger.flush(), GRACE_MS);
  if (!hasEnded || !isLogged) dieOf(signal);
  return 0;
};

async function start(args: Arguments, { env }: Terminal, logger: RootLogger, listen: Listen): Promise<Exporter> {
  try {
    return await startExporter({
      configPaths: args.configPaths,
      env,
      listen,
      telemetryPath: args.telemetryPath,
      webConfigFile: args.webConfigFile,
      enableLifecycle: args.enableLifecycle,
      trustLoopback: args.trustLoopback,
      processMetrics: args.processMetrics,
      // systemd separates several by colons; ours is the first.
      stateDirectory: args.stateDirectory || env['STATE_DIRECTORY']?.split(':')[0] || null,
      buildInfo: readBuildInfo(),
      logger,
    });
  } catch (error) {
    throw toStartError(error, listen);
  }
}

/** Nobody knows what state an unexpected error leaves; the service manager starts the exporter again. */
function endOnFault(logger: RootLogger): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.once(event, (error: unknown) => {
      logger.error('fault of the exporter', { event, error: stackOf(error) });
      void settlesWithin(logger.flush(), GRACE_MS).then(() => process.exit(FAULT_STATUS));
    });
  }
}

function logFormat({ logFormat: format }: Arguments, { env }: Terminal): LogFormat {
  return format ?? (env['JOURNAL_STREAM'] === undefined ? 'text' : 'journal');
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
