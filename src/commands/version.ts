import { readFileSync } from 'node:fs';
import type { BuildInfo } from '../model/build-info.ts';
import { shippedFile } from '../shipped-files.ts';

/** `build.json` beside package.json is written when a package is made; a checkout has none. */
export function readBuildInfo(): BuildInfo {
  const { version } = readJson('package.json') as { version: string };
  const build = readJson('build.json') as { revision?: string; branch?: string };
  return {
    version,
    revision: build.revision ?? 'unknown',
    branch: build.branch ?? 'unknown',
    nodeVersion: process.version,
  };
}

export function versionText(): string {
  const { version, revision, branch, nodeVersion } = readBuildInfo();
  return `query-exporter ${version} (revision ${revision}, branch ${branch}, node ${nodeVersion})`;
}

/** Empty where the file is missing. */
function readJson(name: string): unknown {
  try {
    return JSON.parse(readFileSync(shippedFile(name), 'utf8'));
  } catch {
    return {};
  }
}
