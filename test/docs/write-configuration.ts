/** Brings the generated part of docs/configuration.md up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { configJsonSchema } from '../../src/config/schema.ts';
import { withKeys } from './configuration-keys.ts';

const path = new URL('../../../docs/configuration.md', import.meta.url);
writeFileSync(path, withKeys(readFileSync(path, 'utf8'), configJsonSchema()));
