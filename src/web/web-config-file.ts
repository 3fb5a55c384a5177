import { statSync } from 'node:fs';
import type { WebConfig } from '../config/web-config.ts';
import { errorText } from '../language/error-text.ts';
import type { Logger } from '../logger.ts';

export interface WebConfigFileOptions {
  readonly path: string;
  /** Throws an error that says what is wrong. */
  readonly load: (path: string) => WebConfig;
  readonly logger: Logger;
  /** Looking at the files more often than this is not worth its cost. */
  readonly checkEveryMs?: number;
}

/**
 * The web configuration in force. It is read again when it or a file that it names has changed; while what is there
 * then cannot be used, the one before stays, and it is tried again until it can: what is missing may be a file that only
 * the new one names.
 */
export class WebConfigFile {
  readonly #options: WebConfigFileOptions;
  readonly #checkEveryMs: number;
  readonly #listeners: ((config: WebConfig) => void)[] = [];
  #current: WebConfig;
  #seen: string;
  /** Why what is there cannot be used; null: it is in force. */
  #problem: string | null = null;
  #checkedAtMs = performance.now();

  /** Throws what `load` throws. */
  constructor(options: WebConfigFileOptions) {
    this.#options = options;
    this.#checkEveryMs = options.checkEveryMs ?? 1_000;
    this.#current = options.load(options.path);
    this.#seen = this.#fingerprint();
  }

  get current(): WebConfig {
    return this.#current;
  }

  /** Called with a new configuration before it is in force; may throw to keep it out. */
  onChange(listener: (config: WebConfig) => void): void {
    this.#listeners.push(listener);
  }

  /** To be called before each use. */
  refresh(): void {
    const nowMs = performance.now();
    if (nowMs - this.#checkedAtMs < this.#checkEveryMs) return;
    this.#checkedAtMs = nowMs;
    const fingerprint = this.#fingerprint();
    if (fingerprint === this.#seen && this.#problem === null) return;
    this.#seen = fingerprint;
    const { load, path, logger } = this.#options;
    try {
      const config = load(path);
      for (const listener of this.#listeners) listener(config);
      this.#current = config;
      this.#problem = null;
      logger.info('web configuration read again', { path });
    } catch (error) {
      const problem = errorText(error);
      if (problem === this.#problem) return;
      this.#problem = problem;
      logger.error('web configuration cannot be used, the one before stays in force', { path, error: problem });
    }
  }

  #fingerprint(): string {
    const { tls } = this.#current;
    const paths = [this.#options.path, tls?.certFile, tls?.keyFile, tls?.clientCaFile];
    return paths.map((path) => (path === undefined || path === null ? '' : fingerprintOf(path))).join(' ');
  }
}

function fingerprintOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? 'none' : `${stats.ino}:${stats.size}:${stats.mtimeMs}`;
}
