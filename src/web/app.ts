import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import express, { type ErrorRequestHandler, type Express, type Router } from 'express';
import type { Logger } from '../logger.ts';
import { JSON_TYPE, PLAIN_TEXT, refuse, refuseMethod, say, sendText } from './answer.ts';
import { metricsRoute } from './metrics-route.ts';
import { remember } from './remember.ts';
import { changing, readable } from './routes.ts';
import { toTargetGroups } from './service-discovery.ts';
import type { Site } from './site.ts';
import { TO_TRUSTED } from './trust.ts';

/** Building the status of thousands of tasks takes milliseconds, so whoever asks in a loop gets the same one again. */
const STATUS_KEPT_MS = 250;

/** So many missing tasks are named by the readiness check. */
const MAX_MISSING_LISTED = 100;

/** The routes. `isTrusted` tells who may see the configuration and what servers said. */
export function createApp(site: Site, isTrusted: (request: IncomingMessage) => boolean): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.enable('case sensitive routing');
  app.enable('strict routing');
  const status = remember(site.status, STATUS_KEPT_MS);

  // First, since Express tries the routes one by one.
  app.get(site.telemetryPath, metricsRoute(site.pages));
  app.all(site.telemetryPath, refuseMethod('GET', 'HEAD'));

  readable(app, '/-/healthy', (_request, response) => say(response, 200, 'healthy'));
  readable(app, '/-/ready', (_request, response) => {
    const { ready, missing } = site.readiness();
    if (ready) say(response, 200, 'ready');
    else say(response, 503, ['not ready, no outcome yet of:', ...listed(missing)].join('\n'));
  });
  readable(app, '/api/v1/sd', (request, response) => {
    const { host } = request.headers;
    // HTTP/1.0 may leave it out, and others may leave it empty.
    if (host === undefined || host === '') {
      refuse(response, 400, 'the targets are told under the Host of the request, which has none');
      return;
    }
    const scheme = (request.socket as TLSSocket).encrypted === true ? 'https' : 'http';
    const groups = toTargetGroups(status.get().targets, { scheme, host, path: site.telemetryPath });
    sendText(request, response, JSON_TYPE, JSON.stringify(groups));
  });
  readable(app, '/config', (request, response) => {
    if (isTrusted(request)) sendText(request, response, PLAIN_TEXT, site.maskedConfig());
    else refuse(response, 403, `the configuration is shown ${TO_TRUSTED}`);
  });

  changing(app, '/-/reload', async (request, response) => {
    if (site.reload === null) {
      refuse(response, 403, 'reloading over HTTP is not enabled, start with --web.enable-lifecycle');
      return;
    }
    // Tens of thousands of tasks may take longer to be read than a client is given that does not read.
    request.setTimeout(0);
    const { ok, problems } = await site.reload();
    status.forget();
    if (ok) say(response, 200, 'reloaded');
    else say(response, 500, isTrusted(request) ? problems.join('\n') : 'the configuration was refused, see the log');
  });

  // Loaded when somebody first asks, so that the first scrape waits for no page.
  let pages: Promise<Router> | null = null;
  app.use(async (request, response, next) => {
    pages ??= import('./page-routes.ts').then(({ createPageRoutes }) => createPageRoutes(site, status, isTrusted));
    (await pages)(request, response, next);
  });
  app.use((_request, response) => refuse(response, 404, 'not found'));
  app.use(explainFault(site.logger));
  return app;
}

function listed(missing: readonly string[]): readonly string[] {
  const rest = missing.length - MAX_MISSING_LISTED;
  return rest > 0 ? [...missing.slice(0, MAX_MISSING_LISTED), `and ${rest} more`] : missing;
}

/** A fault of ours is for the log; a stranger learns nothing from it. */
function explainFault(logger: Logger): ErrorRequestHandler {
  // Express tells handlers of errors from others by their four parameters.
  return (error: unknown, request, response, _next) => {
    logger.error('request failed', {
      method: request.method,
      path: request.path,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    if (response.headersSent) response.destroy();
    else refuse(response, 500, 'internal error, see the log');
  };
}
