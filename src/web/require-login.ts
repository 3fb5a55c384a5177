import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuse } from './answer.ts';
import { BasicAuth, type Verdict } from './basic-auth.ts';
import type { ComparePassword } from './password-checker.ts';
import type { WebConfigFile } from './web-config-file.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Lets requests pass that the web configuration in force allows, with the headers that it adds. */
export function requireLogin(file: WebConfigFile, compare: ComparePassword, pass: Handler): Handler {
  const auth = new BasicAuth(compare);
  return (request, response) => {
    file.refresh();
    const { users, headers } = file.current;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (users.size === 0) {
      pass(request, response);
      return;
    }
    const verdict = auth.check(request.headers.authorization, users);
    // Waiting for what is known already would cost every scrape a turn of the event loop.
    if (typeof verdict === 'string') decide(verdict);
    else verdict.then(decide, () => decide('busy'));

    function decide(verdict: Verdict): void {
      if (verdict === 'granted') {
        pass(request, response);
      } else if (verdict === 'denied') {
        response.setHeader('WWW-Authenticate', 'Basic realm="query-exporter", charset="UTF-8"');
        refuse(response, 401, 'user and password are needed');
      } else {
        response.setHeader('Retry-After', '1');
        refuse(response, 503, 'too many passwords are being checked');
      }
    }
  };
}
