import type { X509Certificate } from 'node:crypto';
import type { WebTls } from '../config/web-config.ts';

/** What is known of a client at the end of the handshake. */
export interface TlsClient {
  /** Whether its certificate comes from an authority that we trust. */
  readonly authorized: boolean;
  getPeerX509Certificate(): X509Certificate | undefined;
}

/** Applies the rules for client certificates that Node.js does not know (Go's `tls.ClientAuthType`, and names). */
export function isAdmitted(client: TlsClient, { clientAuth, clientAllowedSans }: WebTls): boolean {
  const certificate = client.getPeerX509Certificate();
  if (certificate === undefined) return !clientAuth.startsWith('Require');
  if (clientAuth.includes('Verify') && !client.authorized) return false;
  if (clientAllowedSans.length === 0) return true;
  const names = readAlternativeNames(certificate.subjectAltName ?? '');
  return clientAllowedSans.some((name) => names.includes(name));
}

/** A value that could be taken for several names is quoted as in JSON, and must not be taken apart. */
const NAME = /(?:^|, )[A-Za-z0-9 ]+:("(?:[^"\\]|\\.)*"|[^,"]*)/y;

/** Reads `DNS:db1, IP Address:10.0.0.1` as Node.js prints it; ends at what cannot be read. */
function readAlternativeNames(text: string): readonly string[] {
  const names: string[] = [];
  NAME.lastIndex = 0;
  for (let match = NAME.exec(text); match !== null; match = NAME.exec(text)) {
    const value = match[1] ?? '';
    if (!value.startsWith('"')) names.push(value);
  }
  return names;
}
