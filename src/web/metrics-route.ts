import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NarrowedPage, Page, Selection } from '../model/page.ts';
import { prefersGzip } from './accept-encoding.ts';
import { refuse } from './answer.ts';
import { readSelection } from './read-selection.ts';
import { sendBody } from './send-body.ts';

/** Pages of what is known. Nothing of it asks a database. */
export interface Pages {
  /** The whole one, ready to be sent. */
  current(): Page;
  /** Ready, or made when others that were asked for before are. Null: too many wait already. */
  narrow(selection: Selection): Promise<NarrowedPage | null>;
}

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Answers a scrape: headers, and bytes that are already there. Whatever the client accepts, it gets this one format. */
export function metricsRoute(
  pages: Pages,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> | void {
  return (request, response) => {
    const asked = readSelection(request.url ?? '');
    if (asked.kind === 'all') {
      sendPage(request, response, pages.current());
      return;
    }
    if (asked.kind === 'wrong') {
      refuse(response, 400, asked.problem);
      return;
    }
    return pages.narrow(asked.selection).then((narrowed) => {
      if (narrowed === null) refuse(response, 503, 'too many wait for a part of the metrics');
      else if (narrowed.kind === 'page') sendPage(request, response, narrowed.page);
      else refuse(response, 400, `unknown: ${narrowed.names.join(', ')}`);
    });
  };
}

function sendPage(request: IncomingMessage, response: ServerResponse, page: Page): void {
  const compressed = prefersGzip(request.headers['accept-encoding']);
  const body = compressed ? page.gzip : page.identity;
  const headers = ['Content-Type', CONTENT_TYPE, 'Content-Length', String(body.bytes), 'Vary', 'Accept-Encoding'];
  if (compressed) headers.push('Content-Encoding', 'gzip');
  response.writeHead(200, headers);
  if (request.method === 'HEAD') response.end();
  else sendBody(response, body);
}
