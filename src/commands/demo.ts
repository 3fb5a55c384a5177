import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Exporter } from '../exporter/exporter.ts';
import { startExporter } from '../exporter/start-exporter.ts';
import { settlesWithin } from '../model/wait.ts';
import { createLogger, type RootLogger } from '../root-logger.ts';
import type { Listen } from '../web/listen-address.ts';
import type { Arguments } from './arguments.ts';
import type { Command } from './command.ts';
import { demoConfig, ORDERS_QUERY } from './demo/demo-config.ts';
import { showFleet } from './demo/fleet-demo.ts';
import { type Shop, startShop } from './demo/shop.ts';
import { untilSignal } from './signals.ts';
import { toStartError } from './start-error.ts';
import type { Terminal } from './terminal.ts';
import { readBuildInfo } from './version.ts';

/** Where a browser on this machine finds it, and nobody else. */
const DEMO_LISTEN: Listen = { kind: 'tcp', host: '127.0.0.1', port: 9104 };
const FREE_PORT: Listen = { kind: 'tcp', host: '127.0.0.1', port: 0 };
const GRACE_MS = 2_000;
/** Enough to be convincing, and over in a moment. */
const SCRAPES = 1_000;
const POLL_MS = 50;

/** The whole exporter on a small shop in an embedded database, with nothing installed. */
export const demo: Command = async (args, terminal) => {
  if (args.fleet) {
    await showFleet(terminal);
    return 0;
  }
  const level = args.logLevel === 'info' ? 'warn' : args.logLevel;
  const logger = createLogger({ level, format: 'text', stream: terminal.stderr });
  try {
    await showShop(args, terminal, logger);
  } finally {
    await settlesWithin(logger.flush(), GRACE_MS);
  }
  return 0;
};

async function showShop(args: Arguments, terminal: Terminal, logger: RootLogger): Promise<void> {
  await using shop = await startShop();
  const configPath = join(dirname(shop.path), 'config.yml');
  await writeFile(configPath, demoConfig(shop.path));
  const exporter = await start(args, terminal, { configPath, logger });
  try {
    if (args.once) {
      await untilReady(exporter);
      terminal.print(await scrape(exporter));
    } else {
      await show(terminal, { exporter, shop, configPath });
    }
  } finally {
    await exporter.stop(GRACE_MS);
  }
}

interface Given {
  readonly configPath: string;
  readonly logger: RootLogger;
}

async function start(args: Arguments, { env }: Terminal, { configPath, logger }: Given): Promise<Exporter> {
  const options = {
    configPaths: [configPath],
    env,
    telemetryPath: '/metrics',
    webConfigFile: null,
    enableLifecycle: true,
    trustLoopback: true,
    processMetrics: true,
    stateDirectory: null,
    buildInfo: readBuildInfo(),
    logger,
  };
  if (args.once) return startExporter({ ...options, listen: FREE_PORT });
  try {
    return await startExporter({ ...options, listen: args.listen ?? DEMO_LISTEN });
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    if (!taken || args.listen !== null) throw toStartError(error, args.listen ?? DEMO_LISTEN);
    return startExporter({ ...options, listen: FREE_PORT });
  }
}

interface Running {
  readonly exporter: Exporter;
  readonly shop: Shop;
  readonly configPath: string;
}

async function show(terminal: Terminal, { exporter, shop, configPath }: Running): Promise<void> {
  const stopped = untilSignal();
  terminal.print(`A small shop trades in an embedded SQLite database: ${shop.path}
Five queries ask it in the background, by ${configPath}:
four quick ones every 1 to 5 s, and one that takes seconds once a minute.

  metrics   ${exporter.url}/metrics
  status    ${exporter.url}/`);
  await untilReady(exporter);
  terminal.print(oneQuery(await scrape(exporter)));
  terminal.print(await proveThatScrapesAreFree(exporter));
  terminal.print(`
What next, while the shop goes on trading (Ctrl-C ends the demo):

  look      at ${exporter.url}/ and, behind the name of a query, at its runs, its SQL and its samples
  change    a query in ${configPath}, then: curl -X POST ${exporter.url}/-/reload
  your own  database: write a config.yml as the README shows, then: query-exporter check && query-exporter test
`);
  await stopped;
}

/** Resolves when every query has had its first outcome. */
async function untilReady({ url }: Exporter): Promise<void> {
  while (!(await fetch(`${url}/-/ready`)).ok) await sleep(POLL_MS);
}

async function scrape({ url }: Exporter): Promise<string> {
  const response = await fetch(`${url}/metrics`);
  return response.text();
}

/** A query as it stands in the configuration, and what it made of the shop. */
function oneQuery(page: string): string {
  const families = new Set(page.match(/(?<=^# TYPE )shop_\w+/gm));
  const samples = page.split('\n').filter((line) => /^(# (HELP|TYPE) )?shop_orders[ {]/.test(line));
  return `
One of the queries:

${indent(ORDERS_QUERY)}

and its samples on the metrics page, one of ${families.size} metrics there:

${indent(samples.join('\n'))}
`;
}

function indent(text: string): string {
  return text.trimEnd().replace(/^/gm, '  ');
}

async function proveThatScrapesAreFree(exporter: Exporter): Promise<string> {
  const refreshesBefore = countRefreshes(await scrape(exporter));
  const tookMs: number[] = [];
  for (let scrapes = 0; scrapes < SCRAPES; scrapes += 1) {
    const startedMs = performance.now();
    await scrape(exporter);
    tookMs.push(performance.now() - startedMs);
  }
  const medianMs = tookMs.sort((a, b) => a - b)[SCRAPES / 2] ?? 0;
  const refreshes = countRefreshes(await scrape(exporter)) - refreshesBefore;
  return `
${SCRAPES} scrapes, half of them within ${medianMs.toFixed(1)} ms, while the schedules ran ${refreshes} queries. No scrape ran any.
`;
}

function countRefreshes(page: string): number {
  const counts = page.matchAll(/^query_exporter_query_refreshes_total\{.*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
