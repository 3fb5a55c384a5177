import type { ConfigDocument } from './document.ts';
import { checkReadable, type FileCheck, resolveSecret } from './files.ts';
import type { Knowledge, Secrets } from './knowledge.ts';
import type { Path } from './path.ts';
import { quotePath } from './quote.ts';

/** What every step of planning needs beside the part that it plans. */
export class Context {
  readonly document: ConfigDocument;
  readonly secrets: Secrets;
  readonly knowledge: Knowledge;
  readonly #nowMs: number;
  readonly #cronProblems = new Map<string, string | null>();
  readonly #cronPeriods = new Map<string, number>();

  constructor(document: ConfigDocument, secrets: Secrets, knowledge: Knowledge, nowMs: number) {
    this.document = document;
    this.secrets = secrets;
    this.knowledge = knowledge;
    this.#nowMs = nowMs;
  }

  /** The absolute path of a secret or certificate; says a problem at `path` if it cannot be read. */
  checkSecretFile(path: Path, written: string): { readonly path: string } & FileCheck {
    const { env, areElsewhere } = this.secrets;
    const absolute = resolveSecret(this.document.configPathOf(path), written, env);
    const { problem, mode } = checkReadable(absolute);
    if (problem !== null && !areElsewhere) this.refuseFile(path, absolute, problem);
    return { path: absolute, problem, mode };
  }

  /** Names the file, unless its path came from a variable. */
  refuseFile(path: Path, absolute: string, problem: string): void {
    const shown = this.document.isSubstituted(path) ? 'the file' : quotePath(absolute);
    this.document.refuse(path, `${shown} ${problem}`);
  }

  /** As the knowledge says; thousands of queries may share one expression, and a year of runs takes time. */
  checkCron(expression: string): string | null {
    let problem = this.#cronProblems.get(expression);
    if (problem === undefined) {
      problem = this.knowledge.checkCron(expression);
      this.#cronProblems.set(expression, problem);
    }
    return problem;
  }

  cronPeriodMs(expression: string, timezone: string | null): number {
    const key = JSON.stringify([expression, timezone]);
    let period = this.#cronPeriods.get(key);
    if (period === undefined) {
      period = this.knowledge.cronPeriodMs(expression, timezone, this.#nowMs);
      this.#cronPeriods.set(key, period);
    }
    return period;
  }
}
