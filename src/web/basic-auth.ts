import { hash as digest, randomBytes } from 'node:crypto';
import type { ComparePassword } from './password-checker.ts';
import { RecentSet } from './recent-set.ts';

/** User name → bcrypt hash. */
export type Users = ReadonlyMap<string, string>;

/** busy: too many unknown passwords are being checked to check another. */
export type Verdict = 'granted' | 'denied' | 'busy';

const MAX_REMEMBERED = 1024;

/**
 * Checks basic authentication (RFC 7617) against bcrypt hashes. An unknown user takes as long as a known one. What was
 * checked is remembered as a salted digest, so that only the first scrape pays for the hash; refused passwords are
 * remembered apart from good ones, lest somebody who guesses pushes those out.
 */
export class BasicAuth {
  readonly #compare: ComparePassword;
  readonly #salt = randomBytes(16).toString('hex');
  readonly #granted = new RecentSet(MAX_REMEMBERED);
  readonly #denied = new RecentSet(MAX_REMEMBERED);
  readonly #running = new Map<string, Promise<Verdict>>();

  constructor(compare: ComparePassword) {
    this.#compare = compare;
  }

  /** Answers at once where the answer is known. `header` is the request's `Authorization`. */
  check(header: string | undefined, users: Users): Verdict | Promise<Verdict> {
    const credentials = readCredentials(header);
    if (credentials === null) return 'denied';

    const known = users.has(credentials.user);
    const hash = users.get(credentials.user) ?? anyHash(users);
    const key = digest(
      'sha256',
      `${this.#salt} ${known} ${hash} ${credentials.user}:${credentials.password}`,
      'base64',
    );
    if (this.#granted.has(key)) return 'granted';
    if (this.#denied.has(key)) return 'denied';

    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const verdict = this.#decide(key, credentials.password, hash, known);
    this.#running.set(key, verdict);
    return verdict;
  }

  async #decide(key: string, password: string, hash: string, known: boolean): Promise<Verdict> {
    try {
      const matches = await this.#compare(password, hash);
      if (matches === null) return 'busy';
      const granted = matches && known;
      (granted ? this.#granted : this.#denied).add(key);
      return granted ? 'granted' : 'denied';
    } finally {
      this.#running.delete(key);
    }
  }
}

function anyHash(users: Users): string {
  for (const hash of users.values()) return hash;
  return '';
}

function readCredentials(header: string | undefined): { readonly user: string; readonly password: string } | null {
  const encoded = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
