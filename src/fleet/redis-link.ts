import { Redis, type RedisOptions } from 'ioredis';
import { errorText } from '../language/error-text.ts';
import type { StoreAddress } from '../model/fleet-terms.ts';
import { readPassword } from '../sql/pool/password.ts';
import { tlsOptions } from '../sql/pool/tls-files.ts';

export interface LinkOptions {
  readonly address: StoreAddress;
  /** How long an answer may take, connecting included. */
  readonly answerMs: number;
  /** Of a request that waits on the server on purpose. */
  readonly longestWaitMs: number;
}

/** A server that refuses connections is asked again no sooner than this. */
const PAUSE_MS = 300;

interface Connections {
  readonly commands: Redis;
  /** Others would wait behind a request that waits. */
  readonly waiting: Redis;
}

/**
 * Two connections to the store, made when they are needed. After any error both are closed and the next use makes new ones,
 * with what the files of password and certificates hold then: the client's own ways of connecting again are not used, since
 * after a fail-over by Sentinel they give up, and requests that waited meanwhile are sent long after their time.
 */
export class RedisLink implements AsyncDisposable {
  readonly #options: LinkOptions;
  #connections: Connections | null = null;
  #connecting: Promise<Connections> | null = null;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #lastError: unknown = null;
  #sessions = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** How many times it was connected. */
  get sessions(): number {
    return this.#sessions;
  }

  async use<T>(work: (connections: Connections) => Promise<T>): Promise<T> {
    const connections = await this.#connected();
    try {
      return await work(connections);
    } catch (error) {
      if (connections === this.#connections) this.#drop();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connecting?.catch(() => {});
    this.#drop();
  }

  async #connected(): Promise<Connections> {
    if (this.#connections !== null) return this.#connections;
    if (this.#connecting === null && performance.now() < this.#notBeforeMs) throw this.#lastError;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null;
    });
    return this.#connecting;
  }

  async #connect(): Promise<Connections> {
    const { answerMs, longestWaitMs } = this.#options;
    const opened: Redis[] = [];
    try {
      const password = await readPassword(this.#options.address.password);
      const options = await this.#clientOptions();
      const open = async (commandTimeout: number): Promise<Redis> => {
        const client = new Redis({ ...options, commandTimeout });
        // Everything that goes wrong is told by the request that it strikes; without a listener it is printed.
        client.on('error', () => {});
        opened.push(client);
        await connect(client);
        await this.#logIn(client, password);
        return client;
      };
      const connections = { commands: await open(answerMs), waiting: await open(answerMs + longestWaitMs) };
      for (const client of opened) {
        client.on('close', () => {
          if (connections === this.#connections) this.#drop();
        });
      }
      this.#connections = connections;
      this.#sessions += 1;
      return connections;
    } catch (error) {
      for (const client of opened) client.disconnect();
      this.#lastError = error;
      this.#notBeforeMs = performance.now() + PAUSE_MS;
      throw error;
    }
  }

  #drop(): void {
    const connections = this.#connections;
    this.#connections = null;
    connections?.commands.disconnect();
    connections?.waiting.disconnect();
  }

  /** Not left to the client, which closes the connection and keeps to itself what the server said. */
  async #logIn(client: Redis, password: string): Promise<void> {
    const { user, database } = this.#options.address;
    if (user !== '') await client.auth(user, password);
    else if (password !== '') await client.auth(password);
    if (database !== 0) await client.select(database);
    await client.ping();
  }

  async #clientOptions(): Promise<RedisOptions> {
    const { address, answerMs } = this.#options;
    const { hosts, master, tls } = address;
    const [first] = hosts;
    const place = { kind: 'tcp', host: first?.host ?? '', port: first?.port ?? 0 } as const;
    const encryption = tls === null ? null : await tlsOptions(tls, place);
    return {
      ...(master === null
        ? { host: place.host, port: place.port }
        : { sentinels: [...hosts], name: master, sentinelRetryStrategy: () => null }),
      ...(encryption !== null && { tls: encryption, enableTLSForSentinelMode: true, sentinelTLS: encryption }),
      lazyConnect: true,
      connectTimeout: answerMs,
      // They are asked one after the other.
      sentinelCommandTimeout: Math.ceil(answerMs / hosts.length),
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      // It asks for what a careful ACL refuses; a server that is still loading says so at the first request.
      enableReadyCheck: false,
      disableClientInfo: true,
    };
  }
}

/** The client says in an event why it could not, and then only that its connection is closed. */
async function connect(client: Redis): Promise<void> {
  let reason: unknown = null;
  const note = (error: unknown): void => {
    reason ??= error;
  };
  client.on('error', note);
  try {
    await client.connect();
  } catch (error) {
    throw new Error(errorText(reason ?? error), { cause: error });
  } finally {
    client.off('error', note);
  }
}
