import { syncBuiltinESMExports } from 'node:module';
import zlib from 'node:zlib';

export interface Compression {
  /** Of zlib. */
  readonly calls: number;
  /** Of text. */
  readonly bytes: number;
}

/** What is compressed meanwhile, on this thread. */
export function countCompression(run: () => void): Compression {
  const { deflateRawSync } = zlib;
  const sizes: number[] = [];
  const replace = (by: typeof deflateRawSync): void => {
    zlib.deflateRawSync = by;
    syncBuiltinESMExports();
  };
  replace((text, options) => {
    sizes.push(Buffer.byteLength(text as Uint8Array));
    return deflateRawSync(text, options);
  });
  try {
    run();
  } finally {
    replace(deflateRawSync);
  }
  return { calls: sizes.length, bytes: sizes.reduce((sum, bytes) => sum + bytes, 0) };
}
