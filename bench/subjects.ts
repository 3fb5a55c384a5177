import { fleet } from './fleet.ts';
import { footprint } from './footprint.ts';
import { guard } from './guard.ts';
import { interference } from './interference.ts';
import { narrowChange } from './narrow-change.ts';
import { narrowing } from './narrowing.ts';
import { packs } from './packs.ts';
import { postgres } from './postgres.ts';
import { publication } from './publication.ts';
import { refresh } from './refresh.ts';
import { reload } from './reload.ts';
import { render } from './render.ts';
import { scale } from './scale.ts';
import { schedule } from './schedule.ts';
import { scrape } from './scrape.ts';
import { shapes } from './shapes.ts';
import { sqlite } from './sqlite.ts';
import type { Subject } from './support/subject.ts';

/** In the order in which they are measured: from the request of a client to the whole program. */
export const SUBJECTS: readonly Subject[] = [
  scrape,
  refresh,
  postgres,
  sqlite,
  guard,
  render,
  shapes,
  publication,
  narrowing,
  interference,
  schedule,
  scale,
  fleet,
  narrowChange,
  reload,
  footprint,
  packs,
];
