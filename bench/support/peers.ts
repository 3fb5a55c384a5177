import { requireTool, type Tool, ToolMissing, type ToolName } from '../../test/support/tools.ts';

export type PeerName = Extract<ToolName, 'mariadb' | 'mysqld-exporter' | 'nginx' | 'psql' | 'sql-exporter' | 'wrk'>;

/** The programs that are compared with. One that is not there is said once, and its values stay empty. */
export class Peers {
  readonly #found = new Map<PeerName, Promise<Tool | null>>();
  readonly #missing: string[] = [];
  readonly #say: (text: string) => void;

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  /** One line each. */
  get missing(): readonly string[] {
    return this.#missing;
  }

  find(name: PeerName): Promise<Tool | null> {
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const found = requireTool(name).catch((error: unknown) => {
      if (!(error instanceof ToolMissing)) throw error;
      this.#missing.push(error.message);
      this.#say(`not run: ${error.message}`);
      return null;
    });
    this.#found.set(name, found);
    return found;
  }
}
