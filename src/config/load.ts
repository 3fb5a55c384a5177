import { resolve } from 'node:path';
import { LineCounter } from 'yaml';
import type { FleetSettings } from '../model/fleet-terms.ts';
import type { Plan } from '../model/plan.ts';
import { ConfigError } from './config-error.ts';
import { readConfigFile } from './config-file.ts';
import { Context } from './context.ts';
import { createPlan } from './create-plan.ts';
import { ConfigDocument } from './document.ts';
import { expandPacks } from './expand-packs.ts';
import { type Env, listConfigFiles } from './files.ts';
import { Findings } from './findings.ts';
import { interpolate } from './interpolation.ts';
import { toMaskedYaml } from './masking.ts';
import { planFleet } from './plan-fleet.ts';
import { configSchema } from './schema.ts';
import { checkShape } from './shape-check.ts';
import type { Mapping } from './tree.ts';
import { uniteFiles } from './unite.ts';

export { ConfigError } from './config-error.ts';

/** Where a configuration comes from: files and folders as given on the command line, and the environment. */
export interface ConfigSources {
  readonly paths: readonly string[];
  readonly env: Env;
  /** True: secrets are elsewhere, so a variable or file that is not here is no problem. */
  readonly withoutSecrets?: boolean;
}

export interface LoadedConfig {
  readonly plan: Plan;
  /** Null: this exporter is alone. */
  readonly fleet: FleetSettings | null;
  /** Finished lines about what works but may not be meant. */
  readonly warnings: readonly string[];
  /** The configuration in force as YAML, secrets masked. */
  readonly maskedYaml: string;
}

export interface LoadOptions {
  readonly revision: number;
  readonly nowMs: number;
}

/** Reads and checks a whole configuration. Throws a `ConfigError` with every problem. */
export function loadConfig(sources: ConfigSources, options: LoadOptions): LoadedConfig {
  const problems = new Findings();
  const warnings = new Findings();
  const written = readSources(sources, problems);
  const secrets = { env: sources.env, areElsewhere: sources.withoutSecrets ?? false };
  const root = interpolate(written, secrets, problems, warnings);
  const { united, packed } = expandPacks(root, problems);
  const document = new ConfigDocument(united, problems, warnings, packed);
  const config = checkShape(configSchema, document);
  const context = new Context(document, secrets, options.nowMs);
  const plan = createPlan(config, options.revision, context);
  const fleet = planFleet(config.fleet, context);
  problems.throwIfAny();
  let maskedYaml: string | null = null;
  return {
    plan,
    fleet,
    warnings: warnings.toLines(),
    // Few ask for it, and writing thousands of targets takes longer than reading them.
    get maskedYaml() {
      maskedYaml ??= toMaskedYaml(written);
      return maskedYaml;
    },
  };
}

/** One tree from all files. A file that is no YAML would only bring forth more problems, so reading ends with those. */
function readSources({ paths }: ConfigSources, problems: Findings): Mapping {
  const roots: Mapping[] = [];
  let order = 0;
  for (const path of paths) {
    const { files, problem } = listConfigFiles(path);
    if (problem !== null) refuseFile(path, order++, problem, problems);
    for (const file of files) {
      const root = readConfigFile(file, order++, problems);
      if (root !== null) roots.push(root);
    }
  }
  problems.throwIfAny();
  const [first, ...others] = roots;
  if (first === undefined) throw new ConfigError(['no configuration file was named: give --config FILE']);
  return uniteFiles(first, others, problems);
}

function refuseFile(name: string, order: number, problem: string, problems: Findings): void {
  const file = { name, absolutePath: resolve(name), order, mode: 0, lines: new LineCounter() };
  problems.add({ file, offset: null }, [], problem);
}
