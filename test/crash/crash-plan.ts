import { aPlan, aQuery, aTarget, aTask } from '../snapshot/fixtures.ts';

/** Tasks of 1, 10, 100, 1,000 and 10,000 series in each of two families: small texts and large blocks. */
export const CRASH_PLAN = aPlan(
  ['a', 'b', 'c', 'd', 'e'].map((name) => aTask(aQuery(name), aTarget('east'), [`${name}_first`, `${name}_second`])),
);
