/**
 * Scrapes a URL without a pause, as several Prometheus servers would, until a certain file is there, and prints what came
 * of it as JSON. Another file always says how many scrapes there were. It runs inside of the container.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';

const [url = '', counter = '', end = ''] = process.argv.slice(2);
const CLIENTS = 8;

const failures: string[] = [];
let scrapes = 0;
let slowestMs = 0;

await Promise.all(
  Array.from({ length: CLIENTS }, async (_, index) => {
    // Half of them keep their connection, as Prometheus does.
    const agent = new Agent({ keepAlive: index % 2 === 0, maxSockets: 1 });
    while (!existsSync(end)) {
      const startMs = performance.now();
      await scrape(agent, 0).catch((error: Error) => failures.push(error.message));
      scrapes += 1;
      writeFileSync(counter, `${scrapes}\n`);
      slowestMs = Math.max(slowestMs, performance.now() - startMs);
    }
    agent.destroy();
  }),
);
process.stdout.write(JSON.stringify({ scrapes, failures, slowestMs: Math.round(slowestMs) }));

async function scrape(agent: Agent, attempt: number): Promise<void> {
  const outgoing = request(url, { agent });
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on('response', resolve).on('error', reject).end();
    });
    let bytes = 0;
    for await (const chunk of response) bytes += (chunk as Buffer).length;
    if (response.statusCode !== 200 || bytes === 0) throw new Error(`status ${response.statusCode}, ${bytes} bytes`);
  } catch (error) {
    // Go's client, which Prometheus is, asks again where a connection that it had kept was closed meanwhile.
    if (!outgoing.reusedSocket || attempt > 2) throw error;
    await scrape(agent, attempt + 1);
  }
}
