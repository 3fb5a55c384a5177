import type { z } from 'zod';
import { type KeyFacts, key } from '../language/keys.ts';
import { choice, duration, fields, name, nonEmptyText } from '../language/values.ts';
import { tls } from './target-schema.ts';

// No key is required here: see `configSchema`. The descriptions are the reference's words.

const TERMS: KeyFacts = { secrecy: 'shown', inSamples: false };
/** A password that slipped into the wrong place must not be shown. */
const PLACE: KeyFacts = { secrecy: 'hidden', inSamples: false };

const MINUTE_MS = 60_000;

export const fleet = fields({
  store: key(
    nonEmptyText('a URL'),
    PLACE,
    'Where the exporters meet, a Redis 7 or a Valkey: `redis://USER@HOST:PORT/DATABASE`, `rediss://` for TLS, or ' +
      '`redis+sentinel://HOST1,HOST2,HOST3/MASTER` with the addresses of sentinels. The user, the ports (6379, of sentinels ' +
      '26379) and the database may be left out.',
  ),
  password_file: key(
    nonEmptyText('a path'),
    PLACE,
    'File that holds the password of the store, read at every new connection. A relative path is looked up in ' +
      '$CREDENTIALS_DIRECTORY, else beside the configuration file.',
  ),
  tls: key(tls, TERMS, 'Encryption of the connection to the store. Without it, there is none with `redis://`.'),
  name: key(name('a name'), TERMS, 'Exporters of one name share their work. Default: default.'),
  lease: key(
    duration({ maxMs: MINUTE_MS }),
    TERMS,
    'How long an exporter that is not heard of keeps its servers, from 3s to 1m. Default: 10s.',
  ),
  without_store: key(
    choice(['keep', 'stop']),
    TERMS,
    'What an exporter does while the store does not answer. keep (default): it goes on with its servers. stop: it asks none ' +
      'of them any more before its lease ends.',
  ),
});

export type FleetEntry = z.output<typeof fleet>;
