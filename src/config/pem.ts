import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** Whether a file begins with a certificate. The TLS library would pass over anything else in silence. */
export function isCertificate(path: string): boolean {
  try {
    return new X509Certificate(readFileSync(path)).subject !== undefined;
  } catch {
    return false;
  }
}

/** The kind of key in a certificate: `rsa`, `ec`, `ed25519`. */
export function keyKindOf(certFile: string): string | undefined {
  return new X509Certificate(readFileSync(certFile)).publicKey.asymmetricKeyType;
}

/** Whether a server or a client can show the certificate with the key, which must not be encrypted. */
export function isPair(certFile: string, keyFile: string): boolean {
  try {
    createSecureContext({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
    return true;
  } catch {
    return false;
  }
}
