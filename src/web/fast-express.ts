import {
  createServer as createHttpServer,
  IncomingMessage,
  type Server,
  type ServerOptions,
  ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, type ServerOptions as HttpsServerOptions } from 'node:https';
import type { Express } from 'express';

/**
 * The HTTP server of an Express application, HTTPS where `tls` is given. Its requests and responses are born with the
 * prototypes that Express otherwise gives to each of them, at which V8 forgets what it knew about their shape: that alone
 * costs three times what a scrape does.
 */
export function createExpressServer(app: Express, options: ServerOptions, tls: HttpsServerOptions | null): Server {
  class Request extends IncomingMessage {}
  class Response extends ServerResponse {}
  Object.setPrototypeOf(Request.prototype, app.request);
  Object.setPrototypeOf(Response.prototype, app.response);
  app.request = Request.prototype as typeof app.request;
  app.response = Response.prototype as typeof app.response;

  const all = { ...options, IncomingMessage: Request, ServerResponse: Response };
  return tls === null ? createHttpServer(all) : createHttpsServer({ ...all, ...tls });
}
