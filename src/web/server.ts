import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type AddressInfo, type ListenOptions, Server as NetServer } from 'node:net';
import { type TLSSocket, Server as TlsServer } from 'node:tls';
import type { WebConfig } from '../config/web-config.ts';
import { formatHostPort } from '../language/address.ts';
import { createApp } from './app.ts';
import { isAdmitted } from './client-certificate.ts';
import { Connections } from './connections.ts';
import { createExpressServer } from './fast-express.ts';
import type { Listen } from './listen-address.ts';
import { PasswordChecker } from './password-checker.ts';
import { answerPlainHttp } from './plain-http.ts';
import { requireLogin } from './require-login.ts';
import type { Site } from './site.ts';
import { toTlsOptions } from './tls-options.ts';
import { isLocal } from './trust.ts';
import { WebConfigFile } from './web-config-file.ts';

export interface WebOptions extends Site {
  /** TLS and basic authentication by a file in exporter-toolkit's format; null for neither. */
  readonly webConfig: { readonly path: string; readonly load: (path: string) => WebConfig } | null;
  /** How many clients may be connected at one time. */
  readonly maxClients: () => number;
  /** Whether everybody who asks over the loopback interface is trusted. */
  readonly trustLoopback: boolean;
  readonly limits?: Partial<WebLimits>;
}

export interface WebLimits {
  /** When there is no room for a new connection, a response that takes longer makes it. */
  readonly patienceMs: number;
  /** For the headers of a request, and for a TLS handshake. */
  readonly headersTimeoutMs: number;
  /** For a whole request. */
  readonly requestTimeoutMs: number;
  /** For the rest of a body that nobody wants, after the response. */
  readonly bodyTimeoutMs: number;
  /** How long a client may take nothing of a response; it is cut off after one to two times of this. */
  readonly stalledTimeoutMs: number;
  readonly keepAliveMs: number;
  /** How often the files of the web configuration are looked at. */
  readonly checkFilesMs: number;
}

const LIMITS: WebLimits = {
  // Prometheus gives a scrape 10 s unless told otherwise.
  patienceMs: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  bodyTimeoutMs: 2_000,
  stalledTimeoutMs: 30_000,
  // Prometheus closes what it did not use for 5 minutes. Being later than the client spares it a request that fails.
  keepAliveMs: 310_000,
  checkFilesMs: 1_000,
};

const MAX_HEADER_BYTES = 16 * 1024;

export interface WebServer {
  readonly url: string;
  /** 0 on a unix socket. */
  readonly port: number;
  /** Accepts nothing more, lets responses under way finish for `graceMs` and cuts off the rest. */
  close(graceMs: number): Promise<void>;
}

/** Resolves once connections are accepted. Rejects with Node's error where that is not possible (`code: 'EADDRINUSE'`). */
export async function startWebServer(options: WebOptions, listen: Listen): Promise<WebServer> {
  const limits = { ...LIMITS, ...options.limits };
  const { logger, webConfig, trustLoopback } = options;
  const file =
    webConfig === null ? null : new WebConfigFile({ ...webConfig, logger, checkEveryMs: limits.checkFilesMs });
  const tls = file?.current.tls ?? null;
  const passwords = new PasswordChecker();
  const connections = new Connections({ ...limits, maxConnections: options.maxClients });
  let overUnixSocket = false;

  const isTrusted = (request: IncomingMessage) =>
    (file !== null && file.current.users.size > 0) || isLocal(request, { overUnixSocket, trustLoopback });
  const app = createApp(options, isTrusted);
  const server = createExpressServer(
    app,
    serverOptions(limits),
    tls === null ? null : { ...toTlsOptions(tls), handshakeTimeout: limits.headersTimeoutMs },
  );
  server.setTimeout(limits.stalledTimeoutMs);

  const answer = file === null ? app : requireLogin(file, passwords.compare, app);
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    connections.answering(request, response);
    answer(request, response);
  };
  server.on('request', handle);
  // The client has not sent its body yet and nobody here wants it: it gets its answer instead of being told to go on.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('Connection', 'close');
    handle(request, response);
  });
  server.on('connection', (socket) => connections.admit(socket));
  server.on('secureConnection', (socket: TLSSocket) => connections.secured(socket));
  if (tls !== null) answerPlainHttp(server, connections, logger);
  if (file !== null) followFile(file, server);

  server.listen(toListenOptions(listen));
  await once(server, 'listening');
  const address = server.address();
  // Node tells no address of a unix socket that it was handed.
  overUnixSocket = address === null || typeof address === 'string';
  server.on('error', (error) => logger.error('web server failed', { error: error.message }));

  return {
    ...describe(address, tls !== null),
    async close(graceMs) {
      // The HTTP server's own way would cut off responses that are handed over but not sent yet.
      NetServer.prototype.close.call(server);
      await connections.close(graceMs);
      server.close();
      await passwords.close();
    },
  };
}

function serverOptions(limits: WebLimits) {
  return {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    // A quarter too late is soon enough, and an idle exporter wakes up less.
    connectionsCheckingInterval: limits.headersTimeoutMs / 4,
  };
}

/** A certificate is in force for every handshake that begins after its file has changed. */
function followFile(file: WebConfigFile, server: Server): void {
  const encrypted = file.current.tls !== null;
  file.onChange(({ tls }) => {
    if ((tls !== null) !== encrypted) throw new Error('turning TLS on or off needs a restart');
    if (tls === null || !(server instanceof TlsServer)) return;
    const options = toTlsOptions(tls);
    server.setSecureContext(options);
    // Node.js reads these at each handshake, but has no method that sets them.
    Object.assign(server, { requestCert: options.requestCert, rejectUnauthorized: options.rejectUnauthorized });
  });
  // Before the listeners that begin the handshake and read the first request.
  server.prependListener('connection', () => file.refresh());
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    const { tls } = file.current;
    if (tls !== null && !isAdmitted(socket, tls)) socket.destroy();
  });
}

function toListenOptions(listen: Listen): ListenOptions {
  if (listen.kind === 'fd') return { fd: listen.fd } as ListenOptions;
  return listen.host === '' ? { port: listen.port } : { host: listen.host, port: listen.port };
}

function describe(
  address: AddressInfo | string | null,
  encrypted: boolean,
): { readonly url: string; readonly port: number } {
  if (address === null || typeof address === 'string') return { url: 'unix socket', port: 0 };
  const { address: host, port } = address;
  return { url: `${encrypted ? 'https' : 'http'}://${formatHostPort({ host, port })}`, port };
}
