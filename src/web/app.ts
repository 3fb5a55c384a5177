import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import type { Logger } from '../logger.ts';
import type { Elsewhere, RunReply } from '../model/poller-request.ts';
import type { Status } from '../model/status.ts';
import type { TaskDetail } from '../model/task-detail.ts';
import { PLAIN_TEXT, refuse, refuseMethod, say, sendText } from './answer.ts';
import { renderGuidePage } from './guide/guide-page.ts';
import { metricsRoute, type Pages } from './metrics-route.ts';
import { remember } from './remember.ts';
import { sendPage } from './send-page.ts';
import { toTargetGroups } from './service-discovery.ts';
import { ASSETS } from './status/assets.ts';
import type { PageContext } from './status/page-shell.ts';
import { toStatusJson } from './status/status-json.ts';
import { renderStatusPage } from './status/status-page.ts';
import { readViewRequest } from './status/view.ts';
import { answerRun } from './task/run-answer.ts';
import { toTaskDetailJson } from './task/task-json.ts';
import { renderTaskPage } from './task/task-page.ts';
import { readTaskRequest } from './task-request.ts';
import { isFromElsewhere } from './trust.ts';

/** What the pages show and the buttons do. Everything is called on a request, and nothing of it asks a database. */
export interface Site {
  /** An absolute path. */
  readonly telemetryPath: string;
  readonly pages: Pages;
  readonly status: () => Status;
  /** The task of this query and target; null: there is none. */
  readonly task: (query: string, target: string) => TaskDetail | null;
  readonly readiness: () => Readiness;
  /** Null: the lifecycle API is not enabled. */
  readonly reload: (() => Promise<ReloadOutcome>) | null;
  /** Runs the task of this query and target now. Null: the lifecycle API is not enabled. */
  readonly run: ((query: string, target: string) => Promise<RunReply | Elsewhere>) | null;
  /** The configuration in force as YAML, without its secrets. */
  readonly maskedConfig: () => string;
  readonly logger: Logger;
}

export interface Readiness {
  readonly ready: boolean;
  /** What has had no outcome yet, one line each. */
  readonly missing: readonly string[];
}

export interface ReloadOutcome {
  readonly ok: boolean;
  /** One line each. */
  readonly problems: readonly string[];
}

/** Building the status of thousands of tasks takes milliseconds, so whoever asks in a loop gets the same one again. */
const STATUS_KEPT_MS = 250;

/** So many missing tasks are named by the readiness check. */
const MAX_MISSING_LISTED = 100;

const JSON_TYPE = 'application/json; charset=utf-8';

/** Who is trusted, in words. */
const TO_TRUSTED = 'with basic authentication, over a unix socket, or on this host with --web.trust-loopback';

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

  readable('/-/healthy', (_request, response) => say(response, 200, 'healthy'));
  readable('/-/ready', (_request, response) => {
    const { ready, missing } = site.readiness();
    if (ready) say(response, 200, 'ready');
    else say(response, 503, ['not ready, no outcome yet of:', ...listed(missing)].join('\n'));
  });
  readable('/api/v1/status', (request, response) => {
    const json = JSON.stringify(toStatusJson(status.get(), isTrusted(request)));
    sendText(request, response, JSON_TYPE, json);
  });
  readable('/api/v1/sd', (request, response) => {
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
  readable('/config', (request, response) => {
    if (isTrusted(request)) sendText(request, response, PLAIN_TEXT, site.maskedConfig());
    else refuse(response, 403, `the configuration is shown ${TO_TRUSTED}`);
  });
  readable('/', (request, response) => {
    const [, search = ''] = request.url.split('?', 2);
    const view = readViewRequest(new URLSearchParams(search));
    sendPage(request, response, renderStatusPage(status.get(), view, contextOf(request, '.')));
  });
  ofTask('/task', (request, response, detail) => {
    const context = contextOf(request, '.');
    const mayRun = site.run !== null && context.trusted;
    sendPage(request, response, renderTaskPage(detail, { ...context, mayRun }));
  });
  ofTask('/api/v1/task', (request, response, detail) => {
    sendText(request, response, JSON_TYPE, JSON.stringify(toTaskDetailJson(detail, isTrusted(request))));
  });
  readable('/docs/troubleshooting', (request, response) => {
    sendPage(request, response, renderGuidePage(Date.now(), contextOf(request, '..')));
  });
  for (const { path, type, content } of ASSETS) {
    readable(path, (request, response) => {
      response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
      sendText(request, response, type, content);
    });
  }

  changing('/-/reload', async (request, response) => {
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
  changing('/-/run', async (request, response) => {
    if (site.run === null) {
      refuse(response, 403, 'running over HTTP is not enabled, start with --web.enable-lifecycle');
      return;
    }
    if (!isTrusted(request)) {
      refuse(response, 403, `a task is run ${TO_TRUSTED}`);
      return;
    }
    const asked = readTaskRequest(request.url);
    if ('problem' in asked) {
      refuse(response, 400, asked.problem);
      return;
    }
    const reply = await site.run(asked.query, asked.target);
    status.forget();
    answerRun(request, response, { reply, ...asked }, contextOf(request, '..'));
  });

  app.use((_request, response) => refuse(response, 404, 'not found'));
  app.use(explainFault(site.logger));
  return app;

  function contextOf(request: IncomingMessage, root: PageContext['root']): PageContext {
    return { root, telemetryPath: site.telemetryPath, trusted: isTrusted(request) };
  }

  function ofTask(
    path: string,
    handle: (request: IncomingMessage, response: Response, detail: TaskDetail) => void,
  ): void {
    readable(path, (request, response) => {
      const asked = readTaskRequest(request.url);
      const detail = 'problem' in asked ? null : site.task(asked.query, asked.target);
      if ('problem' in asked) refuse(response, 400, asked.problem);
      else if (detail === null) refuse(response, 404, 'there is no such query on such a target');
      else handle(request, response, detail);
    });
  }

  function readable(
    path: string,
    handle: (request: IncomingMessage & { url: string }, response: Response) => void,
  ): void {
    app.get(path, handle);
    app.all(path, refuseMethod('GET', 'HEAD'));
  }

  function changing(path: string, handle: (request: Request, response: Response) => Promise<void>): void {
    app.post(path, async (request, response) => {
      if (isFromElsewhere(request)) refuse(response, 403, 'the request was made by a page of another site');
      else await handle(request, response);
    });
    app.all(path, refuseMethod('POST'));
  }
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
