import { readFileSync } from 'node:fs';
import type { TlsOptions } from 'node:tls';
import type { WebTls } from '../config/web-config.ts';

/** The list of cipher suites is one for TLS up to 1.2. Without these names Node.js would turn TLS 1.3 off. */
const TLS13_SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** The options of a TLS server, with the files as they are now. Throws where they cannot be read. */
export function toTlsOptions(tls: WebTls): TlsOptions {
  return {
    cert: readFileSync(tls.certFile),
    key: readFileSync(tls.keyFile),
    minVersion: tls.minVersion,
    maxVersion: tls.maxVersion,
    honorCipherOrder: tls.preferServerCipherSuites,
    requestCert: tls.clientAuth !== 'NoClientCert',
    // The policies between none and this one are for `isAdmitted` to apply.
    rejectUnauthorized: tls.clientAuth === 'RequireAndVerifyClientCert',
    ALPNProtocols: ['http/1.1'],
    ...(tls.clientCaFile !== null && { ca: readFileSync(tls.clientCaFile) }),
    ...(tls.cipherSuites.length > 0 && { ciphers: [...new Set([...tls.cipherSuites, ...TLS13_SUITES])].join(':') }),
    ...(tls.curves.length > 0 && { ecdhCurve: tls.curves.join(':') }),
  };
}
