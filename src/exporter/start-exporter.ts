import { loadConfig } from '../config/load.ts';
import { readHostZone } from '../language/zone.ts';
import { STATE_FILES } from '../model/result-source.ts';
import { takeTurns } from '../model/steps.ts';
import { openStateFiles } from '../snapshot/open-state-files.ts';
import type { StateStore } from '../snapshot/state-store.ts';
import { Snapshot } from '../snapshot/store.ts';
import { CLOSING_MS, Exporter, type ExporterOptions } from './exporter.ts';

/** Bounds what a plan gone wild could write; a page of a million series takes about 100 MB. */
const MAX_STATE_BYTES = 1024 ** 3;

/**
 * Starts everything: the cached page is served before the first query runs. Throws a `ConfigError` before anything is
 * started, and Node's error where the address cannot be listened on.
 */
export async function startExporter(options: ExporterOptions): Promise<Exporter> {
  const sources = { paths: options.configPaths, env: options.env };
  const loaded = loadConfig(sources, { revision: 1, nowMs: Date.now() });
  const { problem } = readHostZone();
  if (problem !== null) options.logger.warn('time zone of the host', { problem });
  const { plan } = loaded;
  const snapshot = new Snapshot({ plan, buildInfo: options.buildInfo, startedAtMs: Date.now(), now: Date.now });
  const state = await openState(options);
  if (state !== null) await takeTurns(state.load(plan, (result) => snapshot.restore([result], STATE_FILES)));
  const exporter = new Exporter(options, loaded, snapshot, state);
  try {
    await exporter.listen();
  } catch (error) {
    // Nothing runs yet, so it waits for nothing but files that are to be removed.
    await exporter.stop(CLOSING_MS);
    throw error;
  }
  exporter.startPolling();
  return exporter;
}

/** Null: nothing outlives the process. */
async function openState({ stateDirectory, logger }: ExporterOptions): Promise<StateStore | null> {
  if (stateDirectory === null) return null;
  const now = () => performance.now();
  return openStateFiles({ directory: stateDirectory, logger, now, maxBytes: MAX_STATE_BYTES });
}
