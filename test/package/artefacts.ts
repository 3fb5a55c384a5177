import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/processes.ts';
import { repositoryRoot } from '../support/tools.ts';

/** Where the artefacts of these tests are. */
export const ARTEFACTS = join(repositoryRoot(), 'build/test');
/** What stands for the base of the image, as buildah names it. */
export const BASE = `oci-archive:${join(ARTEFACTS, 'base.tar')}`;

const KINDS = {
  deb: /\.deb$/,
  rpm: /\.rpm$/,
  tarball: /\.linux-\w+\.tar\.gz$/,
  image: /\.image-\w+\.tar\.gz$/,
} as const;

export type Kind = keyof typeof KINDS;

/** The path of an artefact. */
export function artefact(kind: Kind, folder = ARTEFACTS): string {
  const [name, ...others] = readdirSync(folder).filter((file) => KINDS[kind].test(file));
  if (name === undefined || others.length > 0) throw new Error(`expected one ${kind} in ${folder}`);
  return join(folder, name);
}

/** Runs a script of packaging/, packing what xz packs quickly. */
export function packaging(script: string, ...args: readonly string[]): Promise<string> {
  return packagingTo(ARTEFACTS, script, ...args);
}

/** The same with another folder for what it makes. */
export async function packagingTo(folder: string, script: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, QE_PACKAGES: folder, QE_COMPRESSION: '1', BASE };
  return finished(script, await run(join(repositoryRoot(), 'packaging', script), args, { env }));
}

/** What a command prints. Rejects with it where the command fails. */
export async function command(name: string, ...args: readonly string[]): Promise<string> {
  return finished(name, await run(name, args));
}

function finished(name: string, { ok, output }: { ok: boolean; output: string }): string {
  if (!ok) throw new Error(`${name} failed:\n${output}`);
  return output;
}
