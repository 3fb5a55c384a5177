/** Takes a folder, tells what came of it, and keeps it until it is killed. `node folder-holder.js DIRECTORY` */
import { FolderLock } from '../../src/snapshot/folder-lock.ts';

const lock = await FolderLock.take(process.argv[2] ?? '');
process.send?.(lock === null ? 'in use' : 'held');
// The lock alone keeps no process alive.
setInterval(() => {}, 60_000);
