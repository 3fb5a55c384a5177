import { createHash } from 'node:crypto';
import { Point } from '@noble/ed25519';

const NONCE_BYTES = 32;
const { n: ORDER } = Point.CURVE();

/**
 * The answer of MariaDB's authentication method `client_ed25519` to the server's nonce: the nonce, signed. The password takes
 * the place of the seed of RFC 8032 whatever its length, which is why Node's own Ed25519 does not do it.
 */
export function signEd25519(password: string, challenge: Buffer): Buffer {
  const nonce = challenge.subarray(0, NONCE_BYTES);
  const secret = sha512(Buffer.from(password));
  const key = clamped(secret.subarray(0, 32));
  const random = number(sha512(secret.subarray(32), nonce)) % ORDER;
  const point = bytesOf(random);
  const proof = number(sha512(point, bytesOf(key % ORDER), nonce)) % ORDER;
  return Buffer.concat([point, littleEndian((random + proof * key) % ORDER)]);
}

function sha512(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** RFC 8032, 5.1.5. */
function clamped(half: Uint8Array): bigint {
  const bytes = Buffer.from(half);
  bytes.writeUInt8(bytes.readUInt8(0) & 0xf8, 0);
  bytes.writeUInt8((bytes.readUInt8(31) & 0x7f) | 0x40, 31);
  return number(bytes);
}

function bytesOf(scalar: bigint): Uint8Array {
  return Point.BASE.multiply(scalar).toBytes();
}

function number(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function littleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}
