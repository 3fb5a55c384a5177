import type { IncomingMessage } from 'node:http';
import type { IRouter, Request, Response } from 'express';
import { refuse, refuseMethod } from './answer.ts';
import { isFromElsewhere } from './trust.ts';

/** A route that only tells. */
export function readable(
  router: IRouter,
  path: string,
  handle: (request: IncomingMessage & { url: string }, response: Response) => void,
): void {
  router.get(path, handle);
  router.all(path, refuseMethod('GET', 'HEAD'));
}

/** A route that does something, which a page of another site must not make a browser ask for. */
export function changing(
  router: IRouter,
  path: string,
  handle: (request: Request, response: Response) => Promise<void>,
): void {
  router.post(path, async (request, response) => {
    if (isFromElsewhere(request)) refuse(response, 403, 'the request was made by a page of another site');
    else await handle(request, response);
  });
  router.all(path, refuseMethod('POST'));
}
