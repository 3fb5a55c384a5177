import { errorText } from '../language/error-text.ts';
import type { Logger } from '../logger.ts';
import { StateFiles, type StateFilesOptions } from './file-store.ts';
import { FolderLock } from './folder-lock.ts';
import { makeFolder } from './make-folder.ts';
import type { StateStore } from './state-store.ts';

/** The state files of a folder, for this exporter alone. Null where another exporter has the folder; the log says so. */
export async function openStateFiles(options: Omit<StateFilesOptions, 'lock'>): Promise<StateStore | null> {
  const { directory, logger } = options;
  try {
    makeFolder(directory);
    const lock = await FolderLock.take(directory);
    if (lock !== null) return new StateFiles({ ...options, lock });
    logger.error('state folder is in use by another exporter; this one keeps nothing', { directory });
    return null;
  } catch (error) {
    warn(logger, directory, error);
    return new StateFiles({ ...options, lock: null });
  }
}

/** Such as a file system without sockets. It is no reason to lose what is kept over a restart. */
function warn(logger: Logger, directory: string, error: unknown): void {
  const message = errorText(error);
  logger.warn('state folder cannot be locked; a second exporter would not be kept out', { directory, error: message });
}
