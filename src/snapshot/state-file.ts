import { constants, crc32, inflateRawSync } from 'node:zlib';
import { errorText } from '../language/error-text.ts';
import type { Part } from '../model/outcome.ts';
import type { Known, KnownResult } from '../model/task-result.ts';
import type { MetricName } from '../model/words.ts';

export type Decoded =
  | { readonly ok: true; readonly result: KnownResult }
  /** What is wrong with the file, such as `is torn`. */
  | { readonly ok: false; readonly problem: string };

/** Raised whenever a file is another one to a reader: one that it does not know is set aside. */
const VERSION = 2;
const MAGIC = 'query-exporter state';
const FIRST_LINE = new RegExp(`^${MAGIC} (\\d+) ([0-9a-f]{8}) (\\d+)$`);
const LONGEST_FIRST_LINE = 64;

/** The second line. The bodies of the parts follow it: the deflated block where a part has one, else its text. */
type Head = Omit<KnownResult, 'outcome'> & {
  readonly outcome: Omit<Known, 'parts'> & { readonly parts: readonly PartHead[] };
};

interface PartHead {
  readonly family: MetricName;
  readonly series: number;
  readonly crc32: number;
  readonly textBytes: number;
  /** Null: the body is the text. */
  readonly deflatedBytes: number | null;
}

/** The file of a task, as buffers to be written one after the other. Nothing large is copied or compressed. */
export function encodeState({ outcome, ...result }: KnownResult): readonly Uint8Array[] {
  const { parts } = outcome;
  const heads = parts.map(({ family, series, crc32, text, deflated }): PartHead => {
    return { family, series, crc32, textBytes: text.length, deflatedBytes: deflated?.length ?? null };
  });
  const head: Head = { ...result, outcome: { ...outcome, parts: heads } };
  const content = [Buffer.from(`${JSON.stringify(head)}\n`), ...parts.map(({ text, deflated }) => deflated ?? text)];
  const crc = content.reduce((sum, bytes) => crc32(bytes, sum), 0);
  const length = content.reduce((sum, bytes) => sum + bytes.length, 0);
  return [Buffer.from(`${MAGIC} ${VERSION} ${crc.toString(16).padStart(8, '0')} ${length}\n`), ...content];
}

/** Reads a file back. Whatever the bytes are, this returns. */
export function decodeState(file: Uint8Array): Decoded {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const end = bytes.subarray(0, LONGEST_FIRST_LINE).indexOf('\n');
  const line = bytes.toString('latin1', 0, end === -1 ? LONGEST_FIRST_LINE : end);
  const version = new RegExp(`^${MAGIC} (\\d+) `).exec(line)?.[1];
  if (version === undefined) return { ok: false, problem: 'is no state file' };
  if (version !== String(VERSION))
    return { ok: false, problem: `is of version ${version}, this program knows ${VERSION}` };
  const [, , crc, length] = FIRST_LINE.exec(line) ?? [];
  const content = bytes.subarray(end + 1);
  if (length !== String(content.length)) return { ok: false, problem: 'is torn' };
  if (crc !== crc32(content).toString(16).padStart(8, '0')) return { ok: false, problem: 'is damaged' };
  try {
    return { ok: true, result: decodeContent(content) };
  } catch (error) {
    return { ok: false, problem: `cannot be read (${errorText(error)})` };
  }
}

/** The checksum has shown that these are bytes of {@link encodeState}, so their shape is not checked again. */
function decodeContent(content: Buffer): KnownResult {
  const end = content.indexOf('\n');
  const { outcome, ...result } = JSON.parse(content.toString('utf8', 0, end)) as Head;
  let position = end + 1;
  const parts = outcome.parts.map((head) => {
    const body = content.subarray(position, position + (head.deflatedBytes ?? head.textBytes));
    position += body.length;
    return decodePart(head, body);
  });
  return { ...result, outcome: { ...outcome, parts } };
}

function decodePart({ family, series, crc32: crc, textBytes, deflatedBytes }: PartHead, body: Buffer): Part {
  const deflated = deflatedBytes === null ? null : body;
  const text = deflated === null ? body : inflate(deflated, textBytes);
  if (text.length !== textBytes || crc32(text) !== crc) throw new Error(`the samples of ${family} do not match`);
  return { family, series, text, crc32: crc, deflated };
}

function inflate(deflated: Uint8Array, bytes: number): Uint8Array {
  // The blocks of a part hold no final one, so the end of the input is the end of the text.
  return inflateRawSync(deflated, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: bytes });
}
