import type { Exporter, ExporterOptions } from '../exporter/exporter.ts';
import { startExporter } from '../exporter/start-exporter.ts';
import { settlesWithin } from '../model/wait.ts';
import type { PollerWorker } from '../poller/poller-worker.ts';
import { createLogger, type LogFormat, type RootLogger } from '../root-logger.ts';
import { DEFAULT_LISTEN } from '../web/listen-address.ts';
import type { Arguments } from './arguments.ts';
import { exitForSure } from './certain-exit.ts';
import type { ExitStatus } from './command.ts';
import { inheritedDescriptors } from './inherited-descriptors.ts';
import { ServiceManager } from './service-manager.ts';
import { dieOf } from './signals.ts';
import { toStartError } from './start-error.ts';
import type { Terminal } from './terminal.ts';
import { readBuildInfo } from './version.ts';

/** Statements are stopped on their servers within this, responses are sent. */
const GRACE_MS = 5_000;
/** EX_SOFTWARE of sysexits.h: neither the configuration nor the usage is wrong. */
const FAULT_STATUS = 70;

/** What is there before most modules are loaded. */
export interface Early {
  /** Resolves with the signal that asks the program to end. */
  readonly stopped: Promise<NodeJS.Signals>;
  /** Says who is called at each SIGHUP. */
  readonly onHangUp: (listener: () => void) => void;
  readonly poller: PollerWorker;
}

export async function serveUntilStopped(args: Arguments, terminal: Terminal, early: Early): Promise<ExitStatus> {
  const logger = createLogger({ level: args.logLevel, format: logFormat(args, terminal), stream: terminal.stderr });
  endOnFault(logger);
  const { stopped, onHangUp, poller } = early;
  const inherited = inheritedDescriptors(terminal.env, process.pid);
  const listen = args.listen ?? inherited.socket ?? DEFAULT_LISTEN;
  const exporter = await start(args, terminal, { logger, listen, poller });
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
}

type Given = Pick<ExporterOptions, 'logger' | 'listen' | 'poller'>;

async function start(args: Arguments, { env }: Terminal, given: Given): Promise<Exporter> {
  try {
    return await startExporter({
      ...given,
      configPaths: args.configPaths,
      env,
      telemetryPath: args.telemetryPath,
      webConfigFile: args.webConfigFile,
      enableLifecycle: args.enableLifecycle,
      trustLoopback: args.trustLoopback,
      processMetrics: args.processMetrics,
      // systemd separates several by colons; ours is the first.
      stateDirectory: args.stateDirectory || env['STATE_DIRECTORY']?.split(':')[0] || null,
      buildInfo: readBuildInfo(),
    });
  } catch (error) {
    await settlesWithin(given.logger.flush(), GRACE_MS);
    throw toStartError(error, given.listen);
  }
}

/** Nobody knows what state an unexpected error leaves; the service manager starts the exporter again. */
function endOnFault(logger: RootLogger): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.once(event, (error: unknown) => {
      logger.error('fault of the exporter', { event, error: stackOf(error) });
      void settlesWithin(logger.flush(), GRACE_MS).then(() => exitForSure(FAULT_STATUS, GRACE_MS));
    });
  }
}

function logFormat({ logFormat: format }: Arguments, { env }: Terminal): LogFormat {
  return format ?? (env['JOURNAL_STREAM'] === undefined ? 'text' : 'journal');
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
