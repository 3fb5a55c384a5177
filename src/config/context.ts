import { quotePath } from '../language/quote.ts';
import type { TargetChecks } from '../sql/engine.ts';
import type { ConfigDocument } from './document.ts';
import {
  checkReadable,
  type FileCheck,
  isOpenToOthers,
  openToOthers,
  readTextFile,
  resolveSecret,
  type Secrets,
} from './files.ts';
import type { Path } from './path.ts';

/** What every step of planning needs beside the part that it plans. */
export class Context {
  readonly document: ConfigDocument;
  readonly secrets: Secrets;
  readonly nowMs: number;

  constructor(document: ConfigDocument, secrets: Secrets, nowMs: number) {
    this.document = document;
    this.secrets = secrets;
    this.nowMs = nowMs;
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

  /** What an engine checks and says about the target at a path. */
  checksAt(path: Path): TargetChecks {
    const { document, secrets } = this;
    const at = (key: string): Path => [...path, key];
    return {
      require: (key) => document.requireOneOf(path, [key]),
      refuse: (key, text) => document.refuse(at(key), text),
      warn: (key, text) => document.warn(at(key), text),
      readFile: (key, written, maxBytes) => {
        const absolute = resolveSecret(document.configPathOf(at(key)), written, secrets.env);
        const file = readTextFile(absolute, maxBytes);
        if (!file.ok) {
          if (!secrets.areElsewhere) this.refuseFile(at(key), absolute, file.problem);
          return null;
        }
        const warnIfOpen = () => {
          if (isOpenToOthers(file.mode)) document.warn(at(key), openToOthers(absolute));
        };
        return { path: absolute, text: file.text, warnIfOpen };
      },
      checkFile: (key, named) => {
        const { problem } = checkReadable(named);
        if (problem !== null && !secrets.areElsewhere)
          document.refuse(at(key), `${quotePath(named)}, which it names, ${problem}`);
      },
    };
  }
}
