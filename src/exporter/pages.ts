import type { Clock } from '../model/clock.ts';
import type { Exposition } from '../snapshot/exposition.ts';
import { Narrowing } from '../snapshot/narrowing.ts';
import type { Publisher } from '../snapshot/publisher.ts';
import type { Pages } from '../web/metrics-route.ts';

/** What scrapes are answered with. Whoever gets a page may come again, which the pace of the pages goes by. */
export function createPages(exposition: Exposition, publisher: Publisher, clock: Clock): Pages {
  const narrowing = new Narrowing({ exposition, clock });
  return {
    current() {
      publisher.scraped();
      return exposition.current();
    },
    narrow(selection) {
      publisher.scraped();
      return narrowing.narrow(selection);
    },
  };
}
