import type { LoadedConfig } from '../config/load.ts';
import type { Logger } from '../logger.ts';
import type { ProcessLimits } from '../model/process-limits.ts';
import { clientsBeside, planBeyondLimits } from './plan-limits.ts';

/** What follows from a configuration beside its plan. Plain data, and little of it. */
export interface ConfigNotes {
  /** How many clients there is room for beside its databases. */
  readonly maxClients: number;
  /** What it may need and the process may not have. */
  readonly beyondLimits: readonly string[];
  /** Finished lines about what works but may not be meant, as many as are logged. */
  readonly warnings: readonly string[];
  readonly moreWarnings: number;
}

/** One slip, such as a wrong indentation, may make a problem of each of ten thousand lines. `check` prints them all. */
const LINES_LOGGED = 20;

export function notesOn(
  { plan, warnings }: Pick<LoadedConfig, 'plan' | 'warnings'>,
  limits: ProcessLimits,
): ConfigNotes {
  return {
    maxClients: clientsBeside(plan, limits),
    beyondLimits: planBeyondLimits(plan, limits),
    warnings: warnings.slice(0, LINES_LOGGED),
    moreWarnings: Math.max(0, warnings.length - LINES_LOGGED),
  };
}

export function logNotes(logger: Logger, { beyondLimits, warnings, moreWarnings }: ConfigNotes): void {
  for (const problem of beyondLimits) logger.warn('limits of the process', { problem });
  for (const warning of warnings) logger.warn('configuration', { warning });
  if (moreWarnings > 0) logger.warn('configuration has more warnings than are logged', { more: moreWarnings });
}

/** Why it is not taken over. */
export function logProblems(logger: Logger, problems: readonly string[]): void {
  for (const problem of problems.slice(0, LINES_LOGGED)) logger.error('configuration refused', { problem });
  const more = problems.length - LINES_LOGGED;
  if (more > 0) logger.error('configuration refused, for more reasons than are logged', { more });
}
