import type { IncomingMessage } from 'node:http';
import express, { type Response, type Router } from 'express';
import type { Status } from '../model/status.ts';
import type { TaskDetail } from '../model/task-detail.ts';
import { JSON_TYPE, refuse, sendText } from './answer.ts';
import { renderGuidePage } from './guide/guide-page.ts';
import type { Remembered } from './remember.ts';
import { changing, readable } from './routes.ts';
import { sendPage } from './send-page.ts';
import type { Site } from './site.ts';
import { ASSETS } from './status/assets.ts';
import type { PageContext } from './status/page-shell.ts';
import { toStatusJson } from './status/status-json.ts';
import { renderStatusPage } from './status/status-page.ts';
import { readViewRequest } from './status/view.ts';
import { answerRun } from './task/run-answer.ts';
import { toTaskDetailJson } from './task/task-json.ts';
import { renderTaskPage } from './task/task-page.ts';
import { readTaskRequest } from './task-request.ts';
import { TO_TRUSTED } from './trust.ts';

/** What people read and press, and the same as JSON. */
export function createPageRoutes(
  site: Site,
  status: Remembered<Status>,
  isTrusted: (request: IncomingMessage) => boolean,
): Router {
  const router = express.Router({ caseSensitive: true, strict: true });

  readable(router, '/', (request, response) => {
    const [, search = ''] = request.url.split('?', 2);
    const view = readViewRequest(new URLSearchParams(search));
    sendPage(request, response, renderStatusPage(status.get(), view, contextOf(request, '.')));
  });
  readable(router, '/api/v1/status', (request, response) => {
    const json = JSON.stringify(toStatusJson(status.get(), isTrusted(request)));
    sendText(request, response, JSON_TYPE, json);
  });
  ofTask('/task', (request, response, detail) => {
    const context = contextOf(request, '.');
    const mayRun = site.run !== null && context.trusted;
    sendPage(request, response, renderTaskPage(detail, { ...context, mayRun }));
  });
  ofTask('/api/v1/task', (request, response, detail) => {
    sendText(request, response, JSON_TYPE, JSON.stringify(toTaskDetailJson(detail, isTrusted(request))));
  });
  readable(router, '/docs/troubleshooting', (request, response) => {
    sendPage(request, response, renderGuidePage(Date.now(), contextOf(request, '..')));
  });
  for (const { path, type, content } of ASSETS) {
    readable(router, path, (request, response) => {
      response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
      sendText(request, response, type, content);
    });
  }

  changing(router, '/-/run', async (request, response) => {
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
  return router;

  function contextOf(request: IncomingMessage, root: PageContext['root']): PageContext {
    return { root, telemetryPath: site.telemetryPath, trusted: isTrusted(request) };
  }

  function ofTask(
    path: string,
    handle: (request: IncomingMessage, response: Response, detail: TaskDetail) => void,
  ): void {
    readable(router, path, (request, response) => {
      const asked = readTaskRequest(request.url);
      const detail = 'problem' in asked ? null : site.task(asked.query, asked.target);
      if ('problem' in asked) refuse(response, 400, asked.problem);
      else if (detail === null) refuse(response, 404, 'there is no such query on such a target');
      else handle(request, response, detail);
    });
  }
}
