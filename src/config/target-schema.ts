import type { z } from 'zod';
import {
  bool,
  choice,
  duration,
  durationOrOff,
  engine,
  fields,
  labelValue,
  list,
  mapping,
  name,
  nonEmptyText,
  text,
  wholeNumber,
} from './values.ts';

// No key is required here: see `configSchema`. The descriptions are the reference's words.

const DAY_MS = 86_400_000;

export const tls = fields({
  mode: choice(['verify', 'skip-verify', 'off'])
    .optional()
    .describe(
      'verify (default): the certificate chain and the host name are checked. skip-verify: encrypted, but nobody is ' +
        'checked. off: not encrypted.',
    ),
  ca_file: nonEmptyText('a path')
    .optional()
    .describe('PEM file of the authorities to trust. Default: those that Node.js trusts.'),
  cert_file: nonEmptyText('a path').optional().describe('PEM file of the client certificate; with `key_file`.'),
  key_file: nonEmptyText('a path').optional().describe('PEM file of the key of the client certificate.'),
  server_name: nonEmptyText('a host name')
    .optional()
    .describe('The name that the certificate must carry. Default: the host.'),
});

export const target = fields(
  {
    engine: engine().optional().describe('mysql (default), mariadb (the same) or sqlite. A `dsn` says it itself.'),
    dsn: nonEmptyText('a DSN')
      .optional()
      .describe(
        'Where the database is, in one line: `user:password@tcp(host:3306)/db`, `user@unix(/path)/db`, ' +
          '`mysql://user@host:3306/db` or `sqlite:path`. What it leaves open may be given beside it.',
      ),
    host: nonEmptyText('a host name or address').optional().describe('Host name or address of the server.'),
    port: wholeNumber(1, 65_535).optional().describe('Port of the server; with `host`. Default: 3306.'),
    socket: nonEmptyText('a path').optional().describe('Path of the unix socket of the server, instead of `host`.'),
    user: nonEmptyText('a user name').optional().describe('User to log in as.'),
    password: text()
      .optional()
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the notation itself
      .describe('Password of the user; "${NAME}" takes it from the environment. `password_file` is the better place.'),
    password_file: nonEmptyText('a path')
      .optional()
      .describe(
        'File that holds the password, read at every new connection. A relative path is looked up in ' +
          '$CREDENTIALS_DIRECTORY, else beside the configuration file.',
      ),
    defaults_file: nonEmptyText('a path')
      .optional()
      .describe(
        'MySQL option file whose [client] section gives user, password, host, port, socket, database and ssl-* options; ' +
          'keys of the target replace them. Relative as `password_file`.',
      ),
    database: nonEmptyText('a database')
      .optional()
      .describe(
        'Database to use. With the engine sqlite: the path of the file, relative to the configuration file, or :memory:.',
      ),
    groups: list(name('a group name'), 'a list of group names')
      .optional()
      .describe('Names under which queries select this target together with others.'),
    labels: mapping(labelValue(), 'a mapping of label names to values')
      .optional()
      .describe('Labels with a fixed value on every sample of this target.'),
    max_connections: wholeNumber(1, 1_000)
      .optional()
      .describe(
        'The most connections to this server at one time. Targets on one host and port share them, and the largest ' +
          'number counts. Default: 2.',
      ),
    connect_timeout: duration({ maxMs: DAY_MS })
      .optional()
      .describe('How long connecting and logging in may take. Default: 5s.'),
    ping_interval: durationOrOff()
      .optional()
      .describe('How often the target is asked whether it is up between slow queries; "off" for never. Default: 30s.'),
    init_sql: list(nonEmptyText('a statement'), 'a list of statements')
      .optional()
      .describe('Statements that run in the session before every run.'),
    slow_log: bool()
      .optional()
      .describe('false asks the server to leave our statements out of its slow query log. Default: true.'),
    tls: tls
      .optional()
      .describe('Encryption of the connection. Without it, and without tls in the DSN, there is none.'),
  },
  'a target with host, socket, dsn or defaults_file',
);

export type TlsEntry = z.output<typeof tls>;
export type TargetEntry = z.output<typeof target>;
