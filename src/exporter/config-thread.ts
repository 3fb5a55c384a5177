/**
 * Reads a configuration, says what came of it and ends. Reading, checking and comparing take seconds where there are tens
 * of thousands of tasks, and nobody waits for this thread.
 */
import { isDeepStrictEqual } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { ConfigError, loadConfig } from '../config/load.ts';
import { decodePlan, encodeDifference, encodePlan } from '../model/encoded-plan.ts';
import { finish } from '../model/steps.ts';
import { notesOn } from './config-notes.ts';
import type { Reading, ReadingRequest } from './config-reader.ts';

parentPort?.postMessage(read(workerData as ReadingRequest));

function read({ sources, revision, nowMs, before, fleet, limits }: ReadingRequest): Reading {
  try {
    const loaded = loadConfig(sources, { revision, nowMs });
    if (!isDeepStrictEqual(loaded.fleet, fleet)) {
      throw new ConfigError(['fleet: is not changed by a reload; start the exporter anew']);
    }
    const { plan, maskedYaml } = loaded;
    return {
      kind: 'read',
      plan: encodePlan(plan),
      difference: encodeDifference(finish(decodePlan(before)), plan),
      maskedYaml,
      notes: notesOn(loaded, limits),
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { kind: 'refused', problems: error.problems };
  }
}
