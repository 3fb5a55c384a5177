import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFolder, Daemon, removeFolder, startOnFreePort, until } from './daemon.ts';
import { type RunResult, run } from './processes.ts';
import { requireTool } from './tools.ts';

export interface PrometheusOptions {
  /** What to scrape, as `127.0.0.1:9104`. */
  readonly targets: readonly string[];
  /** Default: 1s. */
  readonly scrapeInterval?: string;
  /** More of the `scrape_config`, such as `scheme`, `tls_config`, `basic_auth`, `metrics_path`, `params`. */
  readonly scrapeConfig?: Readonly<Record<string, unknown>>;
  /** Absolute paths. */
  readonly ruleFiles?: readonly string[];
}

/** One series of an instant query's result. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What never happens is given up after this. It is no measure. */
const SCRAPED_WITHIN_MS = 60_000;

/** Starts a Prometheus of its own on 127.0.0.1. Its first scrape comes after some five seconds: share one if you can. */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const tool = await requireTool('prometheus');
  const folder = await createFolder('prometheus');
  try {
    const interval = options.scrapeInterval ?? '1s';
    const configuration = {
      global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
      rule_files: options.ruleFiles ?? [],
      scrape_configs: [{ job_name: 'test', ...options.scrapeConfig, static_configs: [{ targets: options.targets }] }],
    };
    // JSON is YAML.
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(configuration));
    const storage = join(folder, 'data');
    const { port, daemon } = await startOnFreePort(
      (port) =>
        new Daemon(
          tool,
          [
            `--config.file=${join(folder, 'prometheus.yml')}`,
            `--storage.tsdb.path=${storage}`,
            `--web.listen-address=127.0.0.1:${port}`,
          ],
          folder,
        ),
      (port) => answersFor(port, storage),
    );
    return new Prometheus(folder, port, daemon);
  } catch (error) {
    await removeFolder(folder);
    throw error;
  }
}

export class Prometheus implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #daemon: Daemon;

  constructor(folder: string, port: number, daemon: Daemon) {
    this.url = `http://127.0.0.1:${port}`;
    this.#folder = folder;
    this.#daemon = daemon;
  }

  /** Runs an instant query whose result is a vector. Rejects with Prometheus' own words. */
  async query(promql: string): Promise<Sample[]> {
    const response = await fetch(`${this.url}/api/v1/query?query=${encodeURIComponent(promql)}`);
    const answer = (await response.json()) as QueryAnswer;
    if (answer.status === 'error') throw new Error(`${promql}: ${answer.error}`);
    if (answer.data.resultType !== 'vector') throw new Error(`${promql}: not a vector but a ${answer.data.resultType}`);
    return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: toNumber(value[1]) }));
  }

  /** Waits until the last scrape of this target succeeded; else says what Prometheus says against it. */
  async waitForTargetUp(target: string): Promise<void> {
    let lastError = 'it was not scraped';
    const isUp = async (): Promise<true | undefined> => {
      const found = await this.#find(target);
      if (found !== undefined && found.lastError !== '') lastError = found.lastError;
      return found?.health === 'up' ? true : undefined;
    };
    await until(`${target} to be up`, SCRAPED_WITHIN_MS, isUp).catch((error: unknown) => {
      throw new Error(`${target} is not up: ${lastError}`, { cause: error });
    });
  }

  /** Waits until a scrape of this target failed, and gives what Prometheus says against it. */
  waitForTargetDown(target: string): Promise<string> {
    return until(`${target} to be down`, SCRAPED_WITHIN_MS, async () => {
      const found = await this.#find(target);
      return found?.health === 'down' ? found.lastError : undefined;
    });
  }

  async #find(target: string): Promise<ActiveTarget | undefined> {
    const response = await fetch(`${this.url}/api/v1/targets?state=active`);
    const answer = (await response.json()) as TargetsAnswer;
    return answer.data.activeTargets.find(({ labels }) => labels.instance === target);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon.kill();
    await removeFolder(this.#folder);
  }
}

/** Whether Prometheus reads this page, lint included. The output is promtool's. */
export async function checkMetrics(page: string | Uint8Array): Promise<RunResult> {
  return promtool(['check', 'metrics'], page);
}

/** Whether Prometheus would start with these configurations. Files that they name need not exist. */
export async function checkConfigurations(files: readonly string[]): Promise<RunResult> {
  return promtool(['check', 'config', '--syntax-only', ...files]);
}

export async function checkRules(files: readonly string[]): Promise<RunResult> {
  return promtool(['check', 'rules', ...files]);
}

/** Runs unit tests of rules, from files in promtool's own format. */
export async function testRules(files: readonly string[]): Promise<RunResult> {
  return promtool(['test', 'rules', ...files]);
}

async function promtool(args: readonly string[], input: string | Uint8Array = ''): Promise<RunResult> {
  const tool = await requireTool('promtool');
  return run(tool.path, args, { env: tool.env, input });
}

type QueryAnswer =
  | { readonly status: 'error'; readonly error: string }
  | {
      readonly status: 'success';
      readonly data: {
        readonly resultType: string;
        readonly result: readonly { readonly metric: Record<string, string>; readonly value: [number, string] }[];
      };
    };

interface TargetsAnswer {
  readonly data: { readonly activeTargets: readonly ActiveTarget[] };
}

interface ActiveTarget {
  readonly labels: { readonly instance: string };
  readonly health: string;
  readonly lastError: string;
}

/** Prometheus writes `+Inf` and `-Inf`. */
function toNumber(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

/** The answer is ours only when the storage is: a stranger on the port may answer as well, or stay silent. */
async function answersFor(port: number, storage: string): Promise<true | undefined> {
  try {
    const signal = AbortSignal.timeout(1_000);
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/status/flags`, { signal });
    return response.ok && (await response.text()).includes(JSON.stringify(storage)) ? true : undefined;
  } catch {
    return undefined;
  }
}
