import { z } from 'zod';

/*
 * The JSON of single values. Whatever is a bigint in the program is a decimal string here, so that no reader loses
 * digits: amounts with their unit in the name, counters and registers of the protocol. Bytes are lower-case
 * hexadecimal. Heights, blocks, Unix seconds and small counts are numbers.
 */

const MAX_SAT = 2_100_000_000_000_000n;
const MAX_U64 = 2n ** 64n - 1n;

function decimal(most: bigint, description: string) {
  const digits = String(most).length;
  return z
    .string()
    .max(digits)
    .regex(new RegExp(`^(0|[1-9][0-9]{0,${digits - 1}})$`))
    .refine((text) => !/^[0-9]{1,20}$/.test(text) || BigInt(text) <= most, { error: `at most ${most}` })
    .describe(description);
}

/** An on-chain amount: satoshi, at most 21 million bitcoin. */
export const satoshi = decimal(MAX_SAT, 'satoshi, decimal');
/** An off-chain amount: millisatoshi, at most 21 million bitcoin. */
export const millisatoshi = decimal(MAX_SAT * 1000n, 'millisatoshi, decimal');
/** A counter, a meter's register or a price of the protocol: u64. */
export const u64 = decimal(MAX_U64, 'unsigned 64-bit integer, decimal');
/** Satoshi per 1,000 virtual bytes. */
export const feeRate = decimal(100_000_000n, 'satoshi per 1,000 virtual bytes, decimal');

/** Bytes of exactly this length. */
export function hexBytes(length: number, description: string) {
  return z
    .string()
    .length(2 * length)
    .regex(new RegExp(`^[0-9a-f]{${2 * length}}$`))
    .describe(description);
}

/** Bytes, one to `most` of them. */
export function hexUpTo(most: number, description: string) {
  return (
    z
      .string()
      .min(2)
      .max(2 * most)
      // what is captured over and over overflows the stack in megabytes
      .regex(/^(?:[0-9a-f]{2})+$/)
      .describe(description)
  );
}

export const nodeId = hexBytes(33, 'node id: compressed public key');
export const publicKey = hexBytes(33, 'compressed public key');
export const hash32 = hexBytes(32, '32 bytes');
export const txId = hexBytes(32, 'transaction id, display order');
export const script = z
  .string()
  .max(20_000)
  .regex(/^([0-9a-f]{2})*$/)
  .describe('output script');

export const height = z.int().min(0).max(500_000_000).describe('block height');
export const blocks = z.int().min(0).max(500_000_000).describe('blocks');
export const seconds = z.int().min(0).describe('Unix seconds');
export const count = z.int().min(0);
/** The number of an event: store-wide, each one more than the one before. */
export const sequence = z.int().min(1).describe('sequence number of an event');

/** The node's own key of a channel, or the channel id. */
export const channelReference = z
  .string()
  .max(64)
  .regex(/^([0-9]{1,16}|[0-9a-f]{64})$/)
  .describe("the node's own key of the channel, or the channel id");
export const channelKey = z
  .string()
  .max(16)
  .regex(/^[0-9]{1,16}$/)
  .describe("the node's own key of the channel");
export const channelId = hash32.describe('channel id (BOLT 2)');

export const address = z
  .string()
  .min(14)
  .max(100)
  .regex(/^[a-zA-Z0-9]+$/)
  .describe('Bitcoin address of the network of this node');
/** Text for people. */
export const label = z
  .string()
  .max(200)
  .regex(/^[^\p{Cc}]*$/u)
  .describe('text without control characters');
/** A name that the caller chose for one request, so that it may be asked again. */
export const requestId = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9_-]+$/)
  .describe(
    'a name of your own for this request: the same one again gives the first answer and moves nothing',
  );
/** What the program calls something, for example a state or an error code. */
export const word = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z][A-Za-z0-9]*$/);
/** A sentence, or text of a peer that was made printable. */
export const text = z.string().max(4096);
/** Offending values of an error, by name. */
export const values = z.record(z.string().max(64), z.string().max(1024));

export const role = z.enum(['consumer', 'producer', 'utility']);
export const trader = z.enum(['consumer', 'producer']);

/** How many rows an answer may have. */
export const limit = z.int().min(1).max(1000).describe('at most this many rows, default 100');
