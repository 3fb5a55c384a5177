import { configJsonSchema } from '../config/schema.ts';
import type { Command } from './command.ts';

export const printSchema: Command = async (_args, terminal) => {
  terminal.print(JSON.stringify(configJsonSchema(), null, 2));
  return 0;
};
