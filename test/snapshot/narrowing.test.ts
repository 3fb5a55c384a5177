import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NarrowedPage, Selection } from '../../src/model/page.ts';
import { toPage } from '../../src/snapshot/finished-page.ts';
import { NarrowedPages } from '../../src/snapshot/narrowed-pages.ts';
import { Narrowing } from '../../src/snapshot/narrowing.ts';
import { EMPTY_SEGMENT } from '../../src/snapshot/segment.ts';
import { SetClock } from '../refresh/set-clock.ts';

function ofTarget(name: string): Selection {
  return { queries: [], targets: [name], groups: [], collectors: [] };
}

/** What it makes takes 10 ms each; what was made is ready from then on. */
function aNarrowing() {
  const clock = new SetClock();
  const made: string[] = [];
  const readyPages = new Map<string, NarrowedPage>();
  const exposition = {
    ready: ({ targets: [name = ''] }: Selection) => readyPages.get(name) ?? null,
    narrow({ targets: [name = ''] }: Selection): NarrowedPage {
      if (name === 'broken') throw new Error('a fault');
      made.push(`${name} at ${clock.monotonic()}`);
      clock.stall(10);
      const page: NarrowedPage = { kind: 'page', page: toPage(EMPTY_SEGMENT) };
      readyPages.set(name, page);
      return page;
    },
  };
  return { clock, made, narrowing: new Narrowing({ exposition, clock }) };
}

test('pages are made one after the other, in a fifth of the time', async () => {
  const { clock, made, narrowing } = aNarrowing();
  const answers = ['a', 'b', 'c'].map((name) => narrowing.narrow(ofTarget(name)));
  assert.deepEqual(made, ['a at 0']);
  await clock.pass(100);
  await Promise.all(answers);
  assert.deepEqual(made, ['a at 0', 'b at 50', 'c at 100']);
});

test('who asks for what is ready waits for nobody, and what several wait for is made once', async () => {
  const { clock, made, narrowing } = aNarrowing();
  const first = await narrowing.narrow(ofTarget('a'));
  const waiting = ['b', 'b', 'b'].map((name) => narrowing.narrow(ofTarget(name)));
  assert.equal(await narrowing.narrow(ofTarget('a')), first);
  await clock.pass(40);
  const [one, ...others] = await Promise.all(waiting);
  for (const other of others) assert.equal(other, one);
  assert.deepEqual(made, ['a at 0', 'b at 50']);
});

test('who comes when 512 wait is turned away', async () => {
  const { clock, made, narrowing } = aNarrowing();
  const answers = Array.from({ length: 513 }, (_, i) => narrowing.narrow(ofTarget(`t${i}`)));
  assert.equal(await narrowing.narrow(ofTarget('late')), null);
  clock.passQuickly(50_000);
  assert.ok((await Promise.all(answers)).every((answer) => answer !== null));
  assert.equal(made.length, 513);
  assert.notEqual(await narrowing.narrow(ofTarget('late')), null);
});

test('a fault while a page is made is the fault of one request', async () => {
  const { clock, narrowing } = aNarrowing();
  await assert.rejects(narrowing.narrow(ofTarget('broken')), /a fault/);
  await clock.pass(1);
  assert.notEqual(await narrowing.narrow(ofTarget('a')), null);
});

const PAGE = toPage(EMPTY_SEGMENT);
const PAGE_BYTES = PAGE.gzip.bytes;

test('pages are kept until there are too many bytes of them, those asked for last the longest', () => {
  const pages = new NarrowedPages(3 * PAGE_BYTES);
  for (const name of ['a', 'b', 'c']) pages.keep(name, PAGE, ['task 1']);
  assert.equal(pages.get('a'), PAGE);
  pages.keep('d', PAGE, ['task 1']);
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((name) => pages.get(name) !== null),
    [true, false, true, true],
  );
});

test('a page that is larger than all room is not kept, and nothing gives way to it', () => {
  const pages = new NarrowedPages(PAGE_BYTES);
  pages.keep('a', PAGE, []);
  pages.keep('large', { ...PAGE, gzip: { buffers: [], bytes: PAGE_BYTES + 1 } }, []);
  assert.deepEqual([pages.get('a'), pages.get('large')], [PAGE, null]);
});

test('a change takes away the pages that show it, and makes room for others', () => {
  const pages = new NarrowedPages(2 * PAGE_BYTES);
  pages.keep('a', PAGE, ['task 1', 'target x']);
  pages.keep('b', PAGE, ['task 2', 'target x']);
  pages.changed('task 1');
  pages.changed('task 3');
  pages.keep('c', PAGE, ['task 2']);
  assert.deepEqual([pages.get('a'), pages.get('b'), pages.get('c')], [null, PAGE, PAGE]);
  pages.changed('target x');
  assert.deepEqual([pages.get('b'), pages.get('c')], [null, PAGE]);
});
