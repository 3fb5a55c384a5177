import type { Knowledge } from '../../src/config/knowledge.ts';
import type { DsnResult, ParsedDsn } from '../../src/model/dsn.ts';

const HOUR_MS = 3_600_000;

/** Just enough of what other rooms know: the reading of DSNs and cron expressions has its own tests there. */
export const fakeKnowledge: Knowledge = {
  parseDsn: parseFakeDsn,
  checkCron: (expression) => {
    const fields = expression.split(' ');
    if (fields.length !== 5 && fields.length !== 6) return 'expected a cron expression of 5 or 6 fields';
    return fields.some((field) => !/^[*/\d,-]+$/.test(field) || Number(field) >= 60) ? 'no such cron field' : null;
  },
  checkTimezone: (zone) => (zone === 'Asia/Seoul' || zone === 'UTC' ? null : 'unknown time zone'),
  cronPeriodMs: () => HOUR_MS,
  ownMetricNames: new Set(['query_exporter_query_up', 'process_cpu_seconds_total']),
};

const GO_STYLE = /^(?:([^:@]*)(?::(.*))?@)?(tcp|unix)\(([^)]*)\)\/([^?/]*)(?:\?(.*))?$/s;

function parseFakeDsn(text: string): DsnResult {
  if (text.startsWith('sqlite:')) {
    return ok({ engine: 'sqlite', address: { kind: 'file', path: text.slice('sqlite:'.length) } });
  }
  const [, user = '', password = null, network, where = '', database = '', parameters = ''] = GO_STYLE.exec(text) ?? [];
  if (network === undefined) return { ok: false, problem: 'expected a DSN such as user@tcp(host:3306)/db' };
  const query = new URLSearchParams(parameters);
  const [host = '', port = '3306'] = where.split(':');
  return ok({
    user,
    password,
    database,
    address: network === 'tcp' ? { kind: 'tcp', host, port: Number(port) } : { kind: 'socket', path: where },
    connectTimeoutMs: query.has('timeout') ? 5_000 : null,
    tls: query.get('tls') === 'true' ? 'verify' : null,
  });
}

function ok(parsed: Partial<ParsedDsn>): DsnResult {
  return {
    ok: true,
    dsn: {
      engine: 'mysql',
      address: { kind: 'tcp', host: '127.0.0.1', port: 3306 },
      user: '',
      password: null,
      database: '',
      connectTimeoutMs: null,
      readTimeoutMs: null,
      tls: null,
      ...parsed,
    },
  };
}
