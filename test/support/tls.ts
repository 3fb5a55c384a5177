import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './processes.ts';
import { requireTool } from './tools.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  readonly ca: string;
  /** For 127.0.0.1 and localhost. */
  readonly serverCert: string;
  readonly serverKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

// Our own file, since the one of the machine may be missing or say anything.
const CONFIGURATION = `
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
[server]
subjectAltName = IP:127.0.0.1, DNS:localhost
extendedKeyUsage = serverAuth
[client]
extendedKeyUsage = clientAuth
`;

/** Makes an authority, and a server's and a client's certificate from it, valid for a day. */
export async function createTlsFiles(folder: string): Promise<TlsFiles> {
  const openssl = await requireTool('openssl');
  const configuration = join(folder, 'openssl.cnf');
  await writeFile(configuration, CONFIGURATION);
  const pem = (name: string): string => join(folder, `${name}.pem`);

  const certify = async (name: string, section: string, issuer: readonly string[]): Promise<void> => {
    const { ok, output } = await run(
      openssl.path,
      [
        ...['req', '-x509', '-config', configuration, '-extensions', section, '-subj', `/CN=${name}`, '-days', '1'],
        ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'],
        ...['-keyout', pem(`${name}-key`), '-out', pem(name), ...issuer],
      ],
      { env: openssl.env },
    );
    if (!ok) throw new Error(`openssl cannot make the certificate of ${name}:\n${output}`);
  };

  await certify('ca', 'ca', []);
  const issuer = ['-CA', pem('ca'), '-CAkey', pem('ca-key')];
  await Promise.all([certify('server', 'server', issuer), certify('client', 'client', issuer)]);
  return {
    ca: pem('ca'),
    serverCert: pem('server'),
    serverKey: pem('server-key'),
    clientCert: pem('client'),
    clientKey: pem('client-key'),
  };
}
