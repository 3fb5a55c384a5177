import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planClaims, planReturns, type Weights, weigh } from '../../src/fleet/share.ts';
import type { Member } from '../../src/model/fleet-terms.ts';

/** Replicas that claim and give back in turns, as they come, until nothing moves any more. */
class Fleet {
  readonly owned = new Map<string, Set<string>>();
  readonly #weights: Weights;
  readonly #digests = new Map<string, string>();
  moves = 0;

  constructor(weights: Readonly<Record<string, number>>) {
    this.#weights = new Map(Object.entries(weights));
  }

  join(id: string, digest = 'same'): void {
    this.owned.set(id, new Set());
    this.#digests.set(id, digest);
  }

  leave(id: string): void {
    this.owned.delete(id);
  }

  settle(): void {
    for (let round = 0; round < 100; round += 1) {
      const before = this.moves;
      for (const id of this.owned.keys()) this.#step(id);
      if (this.moves === before) return;
    }
    assert.fail('it never settles');
  }

  tasks(): number[] {
    return [...this.owned.values()].map((servers) => weigh(this.#weights, servers));
  }

  #step(self: string): void {
    const owned = this.owned.get(self) ?? new Set<string>();
    const members = [...this.owned].map(([id, servers]): Member => {
      const tasks = weigh(this.#weights, servers);
      const serversDigest = this.#digests.get(id) ?? '';
      return { id, name: id, version: '', configDigest: '', serversDigest, servers: servers.size, tasks };
    });
    const view = { self, members, weights: this.#weights, owned };
    const taken = new Set([...this.owned.values()].flatMap((servers) => [...servers]));
    const free = [...this.#weights.keys()].filter((server) => !taken.has(server));
    for (const server of planClaims(view, free)) {
      owned.add(server);
      this.moves += 1;
    }
    for (const server of planReturns(view)) {
      owned.delete(server);
      this.moves += 1;
    }
  }
}

const many = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`server${n}`, 10]));

test('one replica claims everything, and one that joins later gets its half', () => {
  const fleet = new Fleet(many(100));
  fleet.join('a');
  fleet.settle();
  assert.deepEqual(fleet.tasks(), [1_000]);
  fleet.join('b');
  fleet.settle();
  assert.deepEqual(fleet.tasks(), [500, 500]);
});

test('a death moves the servers of the dead only', () => {
  const fleet = new Fleet(many(99));
  for (const id of ['a', 'b', 'c']) fleet.join(id);
  fleet.settle();
  const before = new Map([...fleet.owned].map(([id, servers]) => [id, [...servers]]));
  fleet.leave('b');
  fleet.settle();
  for (const id of ['a', 'c']) {
    for (const server of before.get(id) ?? []) assert.ok(fleet.owned.get(id)?.has(server), `${server} left ${id}`);
  }
  assert.equal(
    fleet.tasks().reduce((sum, tasks) => sum + tasks),
    990,
  );
});

test('one server stays where it is, however many replicas there are', () => {
  const fleet = new Fleet({ only: 7 });
  fleet.join('a');
  fleet.join('b');
  fleet.settle();
  assert.deepEqual(fleet.tasks(), [7, 0]);
  assert.equal(fleet.moves, 1);
});

for (const [replicas, tasks] of [
  [2, [9, 1]],
  [3, [9, 1, 0]],
] as const) {
  test(`servers of 9 tasks and of 1 do not wander among ${replicas} replicas`, () => {
    const fleet = new Fleet({ large: 9, small: 1 });
    for (const id of ['a', 'b', 'c'].slice(0, replicas)) fleet.join(id);
    fleet.settle();
    assert.deepEqual(fleet.tasks(), tasks);
    assert.equal(fleet.moves, 2);
  });
}

test('nothing is given back to a replica that knows other servers', () => {
  const fleet = new Fleet(many(10));
  fleet.join('a');
  fleet.settle();
  fleet.join('b', 'other');
  fleet.settle();
  assert.deepEqual(fleet.tasks(), [100, 0]);
});

test('replicas that look at one time claim different servers first', () => {
  const weights = new Map(Object.entries(many(100)));
  const view = (self: string) => ({ self, members: [member('a'), member('b')], weights, owned: new Set<string>() });
  const [a, b] = ['a', 'b'].map((self) => planClaims(view(self), [...weights.keys()]));
  assert.equal(a?.length, 50);
  assert.notDeepEqual(a, b);
});

function member(id: string): Member {
  return { id, name: id, version: '', configDigest: '', serversDigest: '', servers: 0, tasks: 0 };
}
