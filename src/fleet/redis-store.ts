import type { ChainableCommander } from 'ioredis';
import type { Member, StoreAddress } from '../model/fleet-terms.ts';
import type { FleetStore, News, NewsItem, Renewal, StateToKeep } from './fleet-store.ts';
import { RedisLink } from './redis-link.ts';
import { CONTINUE, RELEASE, RENEW, WRITE } from './redis-scripts.ts';

export interface RedisStoreOptions {
  readonly address: StoreAddress;
  /** The name of the fleet: stores may be shared. */
  readonly fleet: string;
  /** The id of this replica. */
  readonly self: string;
  readonly answerMs: number;
}

/** So long the server waits for news. */
const WAIT_MS = 1_000;
/** A script that works on more keys would hold up everybody else. */
const KEYS_AT_ONCE = 200;
/** States may have megabytes. */
const STATES_AT_ONCE = 16;
const NEWS_AT_ONCE = 1_000;
/** Two minutes of 500 results a second, 6 MB. A replica that was away for longer reads all states instead. */
const NEWS_KEPT = 60_000;

/** On Redis 7 or Valkey. All keys have one hash tag, so that a cluster keeps them together and scripts may use them. */
export class RedisStore implements FleetStore {
  readonly #self: string;
  readonly #link: RedisLink;
  readonly #prefix: string;

  constructor({ address, fleet, self, answerMs }: RedisStoreOptions) {
    this.#self = self;
    this.#link = new RedisLink({ address, answerMs, longestWaitMs: WAIT_MS });
    this.#prefix = `query-exporter:{${fleet.replaceAll(/[{}]/g, '_')}}`;
  }

  get session(): number {
    return this.#link.sessions;
  }

  async renew(self: Member | null, servers: readonly string[], leaseMs: number): Promise<Renewal> {
    const chunks = inChunks(servers, KEYS_AT_ONCE);
    const [unbrokenMs, ...others] = await this.#pipeline((pipeline) => {
      pipeline.eval(CONTINUE, 1, this.#unbroken, Math.ceil(leaseMs / 2));
      for (const chunk of chunks) pipeline.eval(RENEW, chunk.length, ...this.#leases(chunk), this.#self, leaseMs);
      if (self === null) return;
      pipeline.sadd(this.#members, self.id).set(this.#member(self.id), JSON.stringify(self), 'PX', leaseMs);
    });
    return {
      others: chunks.flatMap((chunk, index) => (others[index] as number[]).map((place) => chunk[place - 1] ?? '')),
      unbrokenMs: unbrokenMs as number,
    };
  }

  async members(): Promise<{ readonly members: readonly Member[]; readonly nowMs: number }> {
    const [ids, [seconds, micros]] = (await this.#pipeline((pipeline) => pipeline.smembers(this.#members).time())) as [
      string[],
      [string, string],
    ];
    const texts = await this.#link.use(({ commands }) =>
      ids.length === 0 ? Promise.resolve([]) : commands.mget(ids.map((id) => this.#member(id))),
    );
    const gone = ids.filter((_, index) => texts[index] === null);
    // One that comes back says so again.
    if (gone.length > 0) await this.#link.use(({ commands }) => commands.srem(this.#members, gone));
    const members = texts.flatMap((text) => (text === null ? [] : (JSON.parse(text) as Member)));
    return { members, nowMs: Number(seconds) * 1_000 + Number(micros) / 1_000 };
  }

  async owners(servers: readonly string[]): Promise<readonly (string | null)[]> {
    const chunks = inChunks(servers, KEYS_AT_ONCE);
    const owners = await this.#pipeline((pipeline) => {
      for (const chunk of chunks) pipeline.mget(this.#leases(chunk));
    });
    return (owners as (string | null)[][]).flat();
  }

  async claim(servers: readonly string[], leaseMs: number): Promise<readonly string[]> {
    const answers = await this.#pipeline((pipeline) => {
      for (const lease of this.#leases(servers)) pipeline.set(lease, this.#self, 'PX', leaseMs, 'NX');
    });
    return servers.filter((_, index) => answers[index] === 'OK');
  }

  async release(servers: readonly string[]): Promise<void> {
    await this.#pipeline((pipeline) => {
      for (const chunk of inChunks(servers, KEYS_AT_ONCE)) {
        pipeline.eval(RELEASE, chunk.length, ...this.#leases(chunk), this.#self);
      }
      pipeline.xadd(this.#news, 'MAXLEN', '~', NEWS_KEPT, '*', 'by', this.#self, 'id', '');
    });
  }

  async leave(): Promise<void> {
    await this.#pipeline((pipeline) => pipeline.srem(this.#members, this.#self).del(this.#member(this.#self)));
  }

  async write(server: string, { id, body, keepMs }: StateToKeep): Promise<boolean> {
    const keys = [...this.#leases([server]), this.#state(id), this.#news];
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const values = [this.#self, bytes, keepMs, id, NEWS_KEPT];
    return (await this.#link.use(({ commands }) => commands.eval(WRITE, keys.length, ...keys, ...values))) === 1;
  }

  async beginnings(ids: readonly string[], bytes: number): Promise<readonly (string | null)[]> {
    const found = await this.#pipeline((pipeline) => {
      for (const id of ids) pipeline.getrangeBuffer(this.#state(id), 0, bytes - 1);
    });
    // No state is empty.
    return (found as Buffer[]).map((beginning) => (beginning.length === 0 ? null : beginning.toString('latin1')));
  }

  async read(ids: readonly string[]): Promise<readonly (Uint8Array | null)[]> {
    const states: (Uint8Array | null)[] = [];
    for (const chunk of inChunks(ids, STATES_AT_ONCE)) {
      const keys = chunk.map((id) => this.#state(id));
      for (const state of await this.#link.use(({ commands }) => commands.mgetBuffer(keys))) states.push(state);
    }
    return states;
  }

  async latest(): Promise<string> {
    const [last] = await this.#link.use(({ commands }) => commands.xrevrange(this.#news, '+', '-', 'COUNT', 1));
    return last?.[0] ?? '0-0';
  }

  async newsAfter(place: string): Promise<News> {
    const streams = await this.#link.use(({ waiting }) =>
      waiting.xread('COUNT', NEWS_AT_ONCE, 'BLOCK', WAIT_MS, 'STREAMS', this.#news, place),
    );
    const entries = streams?.[0]?.[1] ?? [];
    const items = entries.map(([at, [, by = '', , id = '']]): NewsItem => {
      return { by, atMs: Number.parseInt(at, 10), id: id === '' ? null : id };
    });
    return {
      place: entries.at(-1)?.[0] ?? place,
      // Who is not far behind has lost nothing.
      hasGap: entries.length === NEWS_AT_ONCE && (await this.#hasLostNewsAfter(place)),
      items: items.filter(({ by }) => by !== this.#self),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
  }

  async #hasLostNewsAfter(place: string): Promise<boolean> {
    const [first] = await this.#link.use(({ commands }) => commands.xrange(this.#news, '-', '+', 'COUNT', 1));
    return first !== undefined && Number.parseInt(first[0], 10) > Number.parseInt(place, 10);
  }

  /** The results in their order. */
  async #pipeline(fill: (pipeline: ChainableCommander) => void): Promise<readonly unknown[]> {
    return this.#link.use(async ({ commands }) => {
      const pipeline = commands.pipeline();
      fill(pipeline);
      const results = pipeline.length === 0 ? [] : await pipeline.exec();
      return (results ?? []).map(([error, result]) => {
        if (error !== null) throw error;
        return result;
      });
    });
  }

  get #members(): string {
    return `${this.#prefix}:members`;
  }

  get #news(): string {
    return `${this.#prefix}:news`;
  }

  get #unbroken(): string {
    return `${this.#prefix}:unbroken`;
  }

  #member(id: string): string {
    return `${this.#prefix}:member:${id}`;
  }

  #state(id: string): string {
    return `${this.#prefix}:state:${id}`;
  }

  #leases(servers: readonly string[]): string[] {
    return servers.map((server) => `${this.#prefix}:owner:${server}`);
  }
}

function inChunks<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
}
