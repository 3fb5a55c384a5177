import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendText } from './answer.ts';

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  ...['style-src', 'script-src', 'connect-src', 'img-src', 'form-action'].map((directive) => `${directive} 'self'`),
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Sends a page for people. */
export function sendPage(request: IncomingMessage, response: ServerResponse, page: string): void {
  // What was configured stands.
  if (!response.hasHeader('Content-Security-Policy')) {
    response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  }
  // Not `no-referrer`: with that a browser hides where a form of ours comes from, and its POST would be refused.
  response.setHeader('Referrer-Policy', 'same-origin');
  sendText(request, response, 'text/html; charset=utf-8', page);
}
