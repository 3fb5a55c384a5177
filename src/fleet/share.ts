import { createHash } from 'node:crypto';
import type { Member } from '../model/fleet-terms.ts';

/*
 * Which servers a replica claims, and which it gives back: functions of what it sees, to which no replica has to agree. Who
 * claims first has a server; so what one replica sees late costs a step and never two owners.
 */

/** How many tasks each server has; one without tasks is still asked whether it is up, so it counts as one. */
export type Weights = ReadonlyMap<string, number>;

/** What is known of the fleet when a replica decides. */
export interface View {
  /** The id of this replica. */
  readonly self: string;
  readonly members: readonly Member[];
  readonly weights: Weights;
  readonly owned: ReadonlySet<string>;
}

/** The tasks that a replica has to have before it claims no more. */
export function fairShare({ members, weights }: View): number {
  return Math.ceil(weigh(weights, weights.keys()) / Math.max(1, members.length));
}

/**
 * What to claim of the servers that nobody has: large ones first, until this replica has its share. Replicas that look at
 * one time begin at different ones.
 */
export function planClaims(view: View, free: readonly string[]): readonly string[] {
  const { self, weights, owned } = view;
  const share = fairShare(view);
  let tasks = weigh(weights, owned);
  const ranked = free
    .map((server) => ({ server, weight: weights.get(server) ?? 0, rank: rankOf(self, server) }))
    .sort((a, b) => b.weight - a.weight || (a.rank < b.rank ? -1 : 1));
  const claims: string[] = [];
  for (const { server, weight } of ranked) {
    if (tasks >= share) break;
    claims.push(server);
    tasks += weight;
  }
  return claims;
}

/**
 * What to give back: servers without which this replica still has its share, so that one large server stays where it is,
 * and only where another replica has less than its share and could claim them.
 */
export function planReturns(view: View): readonly string[] {
  const { self, members, weights, owned } = view;
  const share = fairShare(view);
  const own = members.find(({ id }) => id === self);
  const isWanted = members.some(
    ({ id, tasks, serversDigest }) => id !== self && tasks < share && serversDigest === own?.serversDigest,
  );
  if (!isWanted) return [];
  let tasks = weigh(weights, owned);
  // What came last goes first.
  return [...owned].reverse().filter((server) => {
    const rest = tasks - (weights.get(server) ?? 0);
    if (rest < share) return false;
    tasks = rest;
    return true;
  });
}

export function weigh(weights: Weights, servers: Iterable<string>): number {
  let sum = 0;
  for (const server of servers) sum += weights.get(server) ?? 0;
  return sum;
}

function rankOf(self: string, server: string): string {
  return createHash('sha1').update(`${self} ${server}`).digest('hex');
}
