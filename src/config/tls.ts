import { anyOf } from '../language/values.ts';
import type { Address, Tls } from '../model/plan.ts';
import type { GivenTls } from '../sql/given-connection.ts';
import type { Context } from './context.ts';
import { isOpenToOthers, openToOthers } from './files.ts';
import type { Path } from './path.ts';
import { isCertificate, isPair } from './pem.ts';
import { factsAt } from './schema-walk.ts';
import { type TlsEntry, tls as tlsSchema } from './target-schema.ts';

/** The encryption of a target at `path`; null for none. */
export function planTls(
  path: Path,
  entry: TlsEntry | undefined,
  given: GivenTls,
  address: Address,
  context: Context,
): Tls | null {
  const { document } = context;
  const tlsPath = [...path, 'tls'];
  const mode = entry?.mode ?? given.mode ?? (entry === undefined ? 'off' : 'verify');
  for (const key of Object.keys(entry ?? {})) {
    const { modes } = factsAt(tlsSchema, [key]);
    if (modes === undefined || modes.includes(mode)) continue;
    document.refuseKey([...tlsPath, key], `works only with the mode ${anyOf(modes)}`);
  }
  for (const [key, other] of [['cert_file', 'key_file'] as const, ['key_file', 'cert_file'] as const]) {
    if (entry?.[key] === undefined || document.has([...tlsPath, other])) continue;
    document.refuseKey([...tlsPath, key], `needs "${other}" beside it`);
  }
  if (mode === 'off') return null;
  if (address.kind !== 'tcp') {
    if (entry !== undefined) document.refuseKey(tlsPath, 'works only with a host, not with a unix socket');
    else if (document.has([...path, 'dsn'])) {
      document.refuse([...path, 'dsn'], 'tls works only with a host, not with a unix socket');
    }
    return null;
  }
  const before = document.problems.count;
  const certFile = pemFile('cert_file', tlsPath, entry, context);
  const keyFile = pemFile('key_file', tlsPath, entry, context);
  const canBeRead = certFile !== null && keyFile !== null && document.problems.count === before;
  if (canBeRead && !isPair(certFile, keyFile)) {
    document.refuse([...tlsPath, 'cert_file'], 'expected a certificate that fits the key in "key_file"');
  }
  return {
    mode,
    caFile: pemFile('ca_file', tlsPath, entry, context) ?? given.caFile,
    certFile: certFile ?? given.certFile,
    keyFile: keyFile ?? given.keyFile,
    serverName: entry?.server_name ?? null,
  };
}

function pemFile(
  key: 'ca_file' | 'cert_file' | 'key_file',
  tlsPath: Path,
  entry: TlsEntry | undefined,
  context: Context,
): string | null {
  const written = entry?.[key];
  if (written === undefined) return null;
  const file = context.checkSecretFile([...tlsPath, key], written);
  if (key !== 'key_file' && file.problem === null && !isCertificate(file.path)) {
    context.document.refuse([...tlsPath, key], 'expected a file with a certificate in PEM format');
  }
  if (key === 'key_file' && isOpenToOthers(file.mode)) {
    context.document.warn([...tlsPath, key], openToOthers(file.path));
  }
  return file.path;
}
