import { FORMATS } from './convert/formats.ts';

export const HELP = `query-exporter: polls databases in the background and serves the results to Prometheus.

Usage:
  query-exporter [serve] [options]       run the exporter
  query-exporter check [options]         validate the configuration and print the plan
  query-exporter test [QUERY...]         run queries once and print the exposition they would give
  query-exporter schema                  print the JSON Schema of the configuration
  query-exporter packs [NAME]            list the packs of ready-made queries, or print one
  query-exporter convert FORMAT FILE...  print a configuration made from that of another exporter
  query-exporter health [SOCKET]         ask the exporter that runs on this machine whether it answers
  query-exporter demo [--once]           run on an embedded database

Options:
  --config FILE                     configuration file, folder or - (standard input); repeatable (default config.yml)
  --bind HOST:PORT                  where to listen (default 0.0.0.0:9104; port 0 takes a free one)
  --web.listen-address HOST:PORT    the same as --bind
  --web.telemetry-path PATH         path of the metrics (default /metrics)
  --web.config.file FILE            TLS and basic authentication, in exporter-toolkit's format
  --web.enable-lifecycle            allow POST /-/reload and POST /-/run
  --web.trust-loopback              trust whoever asks over the loopback interface; not behind a proxy
  --web.disable-exporter-metrics    leave out the metrics of the exporter's own process
  --state-dir DIR                   keep results over restarts (default $STATE_DIRECTORY; none: do not)
  --log.level LEVEL                 error, warn, info or debug (default info)
  --log.format FORMAT               text or json (default text)
  --target NAME                     with test: only this target
  --without-secrets                 with check: files and variables of secrets may be missing
  --connect                         with check: connect to each target, once, and print what is there
  --missing TARGET                  with packs NAME: only what this target has and the pack does not name
  --interval DURATION               with convert: of queries that have none (default 15s)
  --once                            with demo: print the exposition once and end
  --version                         print the version
  --help                            print this text

Formats of convert: ${FORMATS.map(({ name }) => name).join(', ')}.

Exit status: 0 done, 1 wrong configuration, a failed check or no answer, 2 wrong usage.
`;
