import { createHash } from 'node:crypto';
import { serialize } from 'pg-protocol';
import type { ServerMessage } from './library-messages.ts';
import { loginRefused } from './login-refused.ts';
import { MESSAGE } from './message-reader.ts';
import type { PostgresConnection, Taker } from './postgres-connection.ts';
import { SCRAM_METHOD, Scram } from './scram.ts';
import { notPostgres } from './start-tls.ts';

/** What a server may say before it is ready: authentication, error, notice, parameter, key, end, version. */
const LOGIN_MESSAGES = new Set<number>([MESSAGE.authentication, MESSAGE.error, MESSAGE.notice, ...Buffer.from('SKZv')]);
/** No message of a login comes near; what is longer is another protocol read as this one. */
const MAX_LOGIN_BYTES = 65_536;

export interface Credentials {
  readonly user: string;
  /** Empty: there is none. */
  readonly password: string;
  readonly database: string;
  /** Nobody else can read what is sent. */
  readonly isPrivate: boolean;
}

/**
 * Logs in on a new connection. Nothing but the names is said at the start: a pooler refuses every other parameter, and
 * settings belong to transactions.
 */
export function logIn(connection: PostgresConnection, credentials: Credentials): Promise<void> {
  const { user, database } = credentials;
  const startup = serialize.startup({ user, database, application_name: 'query-exporter' });
  return connection.exchange(startup, new Login(connection, credentials));
}

class Login implements Taker {
  readonly #connection: PostgresConnection;
  readonly #credentials: Credentials;
  #scram: Scram | null = null;
  #isVerified = true;

  constructor(connection: PostgresConnection, credentials: Credentials) {
    this.#connection = connection;
    this.#credentials = credentials;
  }

  header(type: number, bodyBytes: number): void {
    if (!LOGIN_MESSAGES.has(type) || bodyBytes > MAX_LOGIN_BYTES) {
      throw notPostgres();
    }
  }

  row(): void {}

  message(message: ServerMessage): void {
    switch (message.name) {
      case 'authenticationCleartextPassword':
        if (!this.#credentials.isPrivate) {
          throw loginRefused('the server asks for the password in clear text, which is only sent with TLS');
        }
        this.#connection.send(serialize.password(this.#password()));
        return;
      case 'authenticationMD5Password':
        this.#connection.send(serialize.password(this.#md5(message.salt)));
        return;
      case 'authenticationSASL':
        this.#beginScram(message.mechanisms);
        return;
      case 'authenticationSASLContinue':
        void this.#continueScram(message.data);
        return;
      case 'authenticationSASLFinal':
        this.#scram?.verify(message.data);
        this.#isVerified = true;
        return;
      case 'authenticationOk':
        // Else a stranger would only have to leave the proof out.
        if (!this.#isVerified) throw loginRefused('the server did not prove that it knows the password');
        return;
      default:
    }
  }

  #password(): string {
    const { password } = this.#credentials;
    if (password === '') throw loginRefused('the server asks for a password and none is set');
    return password;
  }

  #md5(salt: Buffer): string {
    const md5 = (data: string | Buffer): string => createHash('md5').update(data).digest('hex');
    const inner = md5(this.#password() + this.#credentials.user);
    return `md5${md5(Buffer.concat([Buffer.from(inner), salt]))}`;
  }

  #beginScram(methods: readonly string[]): void {
    if (!methods.includes(SCRAM_METHOD)) {
      throw loginRefused(`the server asks for ${methods.join(', ')} to log in, which is not supported`);
    }
    this.#scram = new Scram(this.#password());
    this.#isVerified = false;
    this.#connection.send(serialize.sendSASLInitialResponseMessage(SCRAM_METHOD, this.#scram.first()));
  }

  async #continueScram(serverFirst: string): Promise<void> {
    try {
      const answer = await this.#scram?.final(serverFirst);
      if (answer !== undefined) this.#connection.send(serialize.sendSCRAMClientFinalMessage(answer));
    } catch (error) {
      this.#connection.destroy(error);
    }
  }
}
