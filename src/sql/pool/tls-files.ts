import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, createSecureContext } from 'node:tls';
import { errorText } from '../../language/error-text.ts';
import type { Address, Tls } from '../../model/plan.ts';

/**
 * The options for one connection, its files read anew. Rejects with a message that names the file: Node takes anything
 * for a CA, and then trusts nobody or, with an empty file, whom the system trusts.
 */
export async function tlsOptions(tls: Tls, address: Address): Promise<ConnectionOptions> {
  const [ca, cert, key] = await Promise.all([
    readPem('ca_file', tls.caFile),
    readPem('cert_file', tls.certFile),
    readPem('key_file', tls.keyFile),
  ]);
  if (ca !== null) checkCertificates('ca_file', tls.caFile, ca);
  if (cert !== null) checkCertificates('cert_file', tls.certFile, cert);
  const name = tls.serverName ?? (address.kind === 'tcp' ? address.host : '');
  return {
    secureContext: secureContext(ca, cert, key, tls),
    rejectUnauthorized: tls.mode !== 'skip-verify',
    // An IP address is not allowed as a name to ask for, but it is checked like one.
    ...(isIP(name) === 0 && name !== '' ? { servername: name } : {}),
    checkServerIdentity: (_, certificate) =>
      tls.mode === 'verify' ? checkServerIdentity(name, certificate) : undefined,
  };
}

function secureContext(
  ca: string | null,
  cert: string | null,
  key: string | null,
  tls: Tls,
): ReturnType<typeof createSecureContext> {
  try {
    return createSecureContext({
      ...(ca === null ? {} : { ca }),
      ...(cert === null ? {} : { cert }),
      ...(key === null ? {} : { key }),
    });
  } catch (error) {
    const text = errorText(error);
    throw new Error(`tls: cert_file ${tls.certFile} and key_file ${tls.keyFile} cannot be used: ${text}`);
  }
}

async function readPem(name: string, path: string | null): Promise<string | null> {
  if (path === null) return null;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(`tls: ${name} cannot be read: ${errorText(error)}`);
  }
}

function checkCertificates(name: string, path: string | null, pem: string): void {
  const blocks = pem.match(/-----BEGIN ([A-Z0-9 ]*CERTIFICATE)-----[\s\S]*?-----END \1-----/g) ?? [];
  if (blocks.length === 0) throw new Error(`tls: ${name} ${path} holds no certificate`);
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch {
      throw new Error(`tls: certificate ${index + 1} in ${name} ${path} cannot be read`);
    }
  }
}
