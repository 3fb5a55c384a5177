import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Agenda } from '../../src/refresh/agenda.ts';

test('things come out in the order of their time, whatever was moved or taken away before', () => {
  const step = fc.tuple(fc.constantFrom('set', 'set', 'delete', 'take'), fc.nat(20), fc.nat(50));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const agenda = new Agenda<number>();
      const model = new Map<number, number>();
      for (const [action, item, time] of steps) {
        if (action === 'set') {
          agenda.set(item, time);
          model.set(item, time);
        } else if (action === 'delete') {
          agenda.delete(item);
          model.delete(item);
        } else {
          const taken = agenda.takeDue(time);
          const earliest = Math.min(...model.values());
          assert.equal(taken === null ? null : model.get(taken), earliest <= time ? earliest : null);
          if (taken !== null) model.delete(taken);
        }
        assert.equal(agenda.nextMs, Math.min(...model.values()));
      }
    }),
  );
});
