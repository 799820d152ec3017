import { sha256 } from '@noble/hashes/sha2';
import { z } from 'zod';
import { toHex, utf8 } from '../../base/bytes.ts';
import { err, ok, type Result } from '../../base/result.ts';

/**
 * A seed file, version 1: JSON of who it is for (nobody: it holds no name), how the key is made of the passphrase, and the
 * sealed phrase. Its header is authenticated with the phrase; `checksum` tells a damaged file from a wrong passphrase.
 */
export interface SeedFile {
  readonly header: SeedHeader;
  /** Of XChaCha20-Poly1305 over the phrase, filled up to {@link PADDED_LENGTH} bytes. */
  readonly sealed: Uint8Array;
}

export interface SeedHeader {
  readonly scrypt: ScryptCost & { readonly salt: string };
  readonly nonce: string;
}

/** scrypt takes `128 * N * r` bytes of memory and `p` times its work. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 128 MiB and well under a second on a machine of 2020. */
export const DEFAULT_COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };
/** A file cannot make us take more: 1 GiB, eight times the default. */
const MOST = { N: 2 ** 20, r: 8, p: 4 } as const;
/** What this program itself has ever written, in tests. */
const LEAST_N = 2 ** 10;

const FORMAT = 'wattlane seed';
const VERSION = 1;
/** 24 words of eight letters, and the spaces between them, fit. */
export const PADDED_LENGTH = 256;
const TAG_LENGTH = 16;

export const MAX_FILE_BYTES = 4096;

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const powerOfTwo = z.int().refine((n) => Number.isInteger(Math.log2(n)));

const BODY = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  scrypt: z.strictObject({
    N: powerOfTwo.min(LEAST_N).max(MOST.N),
    r: z.int().min(1).max(MOST.r),
    p: z.int().min(1).max(MOST.p),
    salt: hex(32),
  }),
  nonce: hex(24),
  sealed: hex(PADDED_LENGTH + TAG_LENGTH),
  checksum: hex(8),
});

/** What the seal authenticates besides the phrase: every field that is not itself the seal. */
export function headerBytes({ scrypt: { N, r, p, salt }, nonce }: SeedHeader): Uint8Array {
  return utf8(JSON.stringify([FORMAT, VERSION, N, r, p, salt, nonce]));
}

export function seedFileText({ header, sealed }: SeedFile): string {
  const body = { format: FORMAT, version: VERSION, ...header, sealed: toHex(sealed) };
  return `${JSON.stringify({ ...body, checksum: checksumOf(header, body.sealed) }, null, 2)}\n`;
}

/** Reads a file that anyone may have written; the reason of a refusal holds nothing of it. */
export function parseSeedFile(text: string): Result<SeedFile, string> {
  if (text.length > MAX_FILE_BYTES) return err('it is too large');
  const json = parsed(text);
  if (typeof json === 'object' && json !== null && 'version' in json && json.version !== VERSION)
    return err('it is of another version of this program');
  const body = BODY.safeParse(json);
  if (!body.success) return err(`it is no seed file: ${body.error.issues[0]?.path.join('.') || 'not JSON'}`);
  const { scrypt, nonce, sealed, checksum } = body.data;
  const header = { scrypt, nonce };
  if (checksum !== checksumOf(header, sealed)) return err('it is damaged: its checksum is another');
  return ok({ header, sealed: Uint8Array.from(Buffer.from(sealed, 'hex')) });
}

function checksumOf(header: SeedHeader, sealed: string): string {
  return toHex(
    sha256(utf8(`${Buffer.from(headerBytes(header)).toString('utf8')}\n${sealed}`)).subarray(0, 8),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
