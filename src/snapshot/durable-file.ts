import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Writes a file for its owner alone. It is on the disk when this resolves; until then it may be there in part. */
export async function writeDurably(path: string, buffers: readonly Uint8Array[]): Promise<void> {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  try {
    for (const buffer of buffers) await file.writeFile(buffer);
    // Before the move: else a power cut may leave an empty file where a good one was.
    await file.datasync();
  } finally {
    await file.close();
  }
}
