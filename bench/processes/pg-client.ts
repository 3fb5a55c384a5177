/**
 * Rows through `pg`, as objects, again and again: `pg-client.js PORT USER PASSWORD DATABASE SQL TIMES`; prints the
 * milliseconds of CPU per result, without those of the first.
 */
import pg from 'pg';

const [port, user, password, database, sql = '', times] = process.argv.slice(2);
const client = new pg.Client({ host: '127.0.0.1', port: Number(port), user, password, database });
await client.connect();
await client.query(sql);
const before = process.cpuUsage();
for (let round = 0; round < Number(times); round++) await client.query(sql);
const { user: userUs, system: systemUs } = process.cpuUsage(before);
await client.end();
process.stdout.write(`${(userUs + systemUs) / 1_000 / Number(times)}\n`);
