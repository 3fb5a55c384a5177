import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TimerHeap } from '../../src/refresh/timer-heap.ts';

test('things come out in the order of their time, whatever was moved or taken away before', () => {
  const step = fc.tuple(fc.constantFrom('set', 'set', 'delete', 'take'), fc.nat(20), fc.nat(50));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const heap = new TimerHeap<number>();
      const model = new Map<number, number>();
      for (const [action, item, time] of steps) {
        if (action === 'set') {
          heap.set(item, time);
          model.set(item, time);
        } else if (action === 'delete') {
          heap.delete(item);
          model.delete(item);
        } else {
          const taken = heap.takeDue(time);
          const earliest = Math.min(...model.values());
          assert.equal(taken === null ? null : model.get(taken), earliest <= time ? earliest : null);
          if (taken !== null) model.delete(taken);
        }
        assert.equal(heap.nextMs, Math.min(...model.values()));
      }
    }),
  );
});
