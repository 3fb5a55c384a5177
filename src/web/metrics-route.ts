import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NarrowedPage, Page, Selection } from '../model/page.ts';
import { prefersGzip } from './accept-encoding.ts';
import { refuse } from './answer.ts';
import { readSelection } from './read-selection.ts';
import { sendBody } from './send-body.ts';

/** Pages that are ready to be sent. Both calls return at once and ask no database. */
export interface Pages {
  current(): Page;
  narrow(selection: Selection): NarrowedPage;
}

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Answers a scrape: headers, and bytes that are already there. Whatever the client accepts, it gets this one format. */
export function metricsRoute(pages: Pages): (request: IncomingMessage, response: ServerResponse) => void {
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
    const narrowed = pages.narrow(asked.selection);
    if (narrowed.kind === 'page') sendPage(request, response, narrowed.page);
    else refuse(response, 400, `unknown: ${narrowed.names.join(', ')}`);
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
