/** Measures one subject and prints its report as JSON: `subject.js NAME [BEFORE]`. What is going on is said on standard error. */
import type { Mariadb } from '../../test/support/mariadb.ts';
import { SUBJECTS } from '../subjects.ts';
import { startOrders } from '../support/orders.ts';
import { Peers } from '../support/peers.ts';
import type { MeasuredSubject } from '../support/subject.ts';

const subject = SUBJECTS.find(({ name }) => name === process.argv[2]);
if (subject === undefined) throw new Error(`no subject ${process.argv[2]}`);

const progress = (text: string) => void process.stderr.write(`${text}\n`);
const peers = new Peers(progress);
const started: Promise<Mariadb>[] = [];
const database = (): Promise<Mariadb> => {
  if (started[0] === undefined) started.push(startOrders());
  return started[0] as Promise<Mariadb>;
};
try {
  const { name, about } = subject;
  const beginMs = performance.now();
  const report = await subject.run({ peers, database, before: process.argv[3] ?? null, progress });
  const seconds = Math.round((performance.now() - beginMs) / 1_000);
  const measured: MeasuredSubject = { name, about, ...report, notRun: peers.missing, seconds };
  process.stdout.write(JSON.stringify(measured));
} finally {
  for (const mariadb of started) await (await mariadb)[Symbol.asyncDispose]();
}
