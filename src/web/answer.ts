import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzip } from 'node:zlib';
import type { RequestHandler } from 'express';
import { prefersGzip } from './accept-encoding.ts';

export const PLAIN_TEXT = 'text/plain; charset=utf-8';
export const JSON_TYPE = 'application/json; charset=utf-8';

/** Below this, compressing costs more than it saves. */
const MIN_GZIP_BYTES = 1024;

/** Answers with a few words. */
export function say(response: ServerResponse, status: number, text: string): void {
  const body = `${text}\n`;
  response.writeHead(status, {
    'Content-Type': PLAIN_TEXT,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}

/** Says no and closes the connection, so that nobody has to read the body that may come with the request. */
export function refuse(response: ServerResponse, status: number, text: string): void {
  response.setHeader('Connection', 'close');
  say(response, status, text);
}

/** For every method that a path has no handler for. */
export function refuseMethod(...allowed: readonly string[]): RequestHandler {
  const allow = allowed.join(', ');
  return (request, response) => {
    response.setHeader('Allow', allow);
    refuse(response, 405, `${request.method} is not allowed here, only ${allow}`);
  };
}

/** Sends text made for this request. Compressing it happens on another thread. */
export function sendText(request: IncomingMessage, response: ServerResponse, type: string, text: string): void {
  response.setHeader('Content-Type', type);
  response.setHeader('Vary', 'Accept-Encoding');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if (!response.hasHeader('Cache-Control')) response.setHeader('Cache-Control', 'no-store');

  const bytes = Buffer.from(text);
  if (bytes.length < MIN_GZIP_BYTES || !prefersGzip(request.headers['accept-encoding'])) {
    response.setHeader('Content-Length', bytes.length);
    response.end(bytes);
    return;
  }
  gzip(bytes, { level: 4 }, (error, compressed) => {
    if (error === null) response.setHeader('Content-Encoding', 'gzip');
    const body = error === null ? compressed : bytes;
    response.setHeader('Content-Length', body.length);
    response.end(body);
  });
}
