import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from './artefacts.ts';

/** What an image says of itself. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly WorkingDir: string;
  readonly Volumes: Readonly<Record<string, object>>;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

/** Unpacks the layers of an image in Docker's form, one over the other, into a folder that is there. */
export async function unpackImage(path: string, root: string): Promise<ImageConfig> {
  const work = await mkdtemp(join(tmpdir(), 'query-exporter-image-'));
  try {
    await command('tar', '-xzf', path, '-C', work);
    const [image] = JSON.parse(readFileSync(join(work, 'manifest.json'), 'utf8')) as readonly [
      { readonly Config: string; readonly Layers: readonly string[] },
    ];
    for (const layer of image.Layers) await command('tar', '-xpf', join(work, layer), '-C', root);
    return (JSON.parse(readFileSync(join(work, image.Config), 'utf8')) as { readonly config: ImageConfig }).config;
  } finally {
    rmSync(work, { recursive: true });
  }
}
