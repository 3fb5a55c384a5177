import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';

export const convert: Command = async () => {
  throw new UsageError('convert is not available in this version; docs/migration.md shows how to move by hand');
};
