import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { RefreshError } from '../../model/failure.ts';

export const SCRAM_METHOD = 'SCRAM-SHA-256';

/** Servers ask for 4,096 as they come. A stranger that asks for two thousand million would keep a thread for an hour. */
const MAX_ITERATIONS = 1_000_000;
/** The header of an exchange without channel binding, and the same in base64. */
const NO_BINDING = 'n,,';
const NO_BINDING_BASE64 = 'biws';

const derive = promisify(pbkdf2);

/** The client's half of SCRAM-SHA-256 (RFC 5802, RFC 7677): three steps, in their order. */
export class Scram {
  readonly #password: string;
  readonly #nonce: string;
  readonly #firstBare: string;
  #serverSignature: Buffer | null = null;

  /** The server takes the user from the start of the connection and passes over the one that stands here. */
  constructor(password: string, nonce = randomBytes(18).toString('base64'), user = '*') {
    this.#password = prepared(password);
    this.#nonce = nonce;
    this.#firstBare = `n=${user},r=${nonce}`;
  }

  first(): string {
    return NO_BINDING + this.#firstBare;
  }

  /** The answer to the server's first message. */
  async final(serverFirst: string): Promise<string> {
    const { r: nonce = '', s: salt = '', i: iterations = '' } = attributes(serverFirst);
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce) throw scramRefused('its nonce is not ours');
    if (!/^[1-9]\d{0,9}$/.test(iterations) || Number(iterations) > MAX_ITERATIONS) {
      throw scramRefused(`it asks for ${iterations.slice(0, 20)} iterations`);
    }
    const withoutProof = `c=${NO_BINDING_BASE64},r=${nonce}`;
    const authMessage = `${this.#firstBare},${serverFirst},${withoutProof}`;
    const salted = await derive(this.#password, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const signature = hmac(createHash('sha256').update(clientKey).digest(), authMessage);
    const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), authMessage);
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
  }

  /** Throws where the server's last message does not show that it knows the password, too. */
  verify(serverFinal: string): void {
    const signature = Buffer.from(attributes(serverFinal)['v'] ?? '', 'base64');
    const wanted = this.#serverSignature;
    if (wanted === null || signature.length !== wanted.length || !timingSafeEqual(signature, wanted)) {
      throw scramRefused('its signature is wrong: it does not know the password');
    }
  }
}

/** The server broke the rules of the exchange, or does not know the password that it asks for. */
function scramRefused(text: string): RefreshError {
  return new RefreshError('auth', `the server failed to log in: ${text}`, { endedBy: null });
}

function attributes(message: string): Readonly<Record<string, string>> {
  return Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** Spaces that are no ASCII, characters that stand for nothing, and what no prepared text may hold (RFC 4013). */
const SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g;
const NOTHING = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g;
const FORBIDDEN =
  /[\p{Cc}\p{Co}\p{Cs}\u06dd\u070f\u180e\u200e\u200f\u2028-\u202e\u2061-\u2063\u206a-\u206f\u2ff0-\u2ffb\ufff9-\ufffd]/u;

/** As the server prepares a password when it stores it: one that cannot be prepared is taken as it is. */
function prepared(password: string): string {
  const text = password.replace(SPACES, ' ').replace(NOTHING, '').normalize('NFKC');
  return text === '' || FORBIDDEN.test(text) ? password : text;
}
