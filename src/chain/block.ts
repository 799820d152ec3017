import { concat, equalBytes, fromHex, reverseBytes, toHex } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import { hash256 } from '../crypto/hash.ts';
import { decodeTxs, txid } from '../tx/transaction.ts';
import type { Block, BlockTx } from './port.ts';

const HEADER_BYTES = 80;

export interface MalformedBlock {
  readonly code: 'malformedBlock';
  readonly reason: string;
}

/**
 * A block from its network serialization; the height is not in there. Never throws.
 *
 * The transactions are proved to be the header's by its merkle root. Witnesses are not (their commitment
 * stands in the coinbase), nor is the proof of work: the node did that.
 */
export function decodeBlock(bytes: Uint8Array): Result<Omit<Block, 'height'>, MalformedBlock> {
  if (bytes.length < HEADER_BYTES) return malformed('shorter than its header');
  const header = bytes.subarray(0, HEADER_BYTES);
  const txs = decodeTxs(bytes.subarray(HEADER_BYTES));
  if (!txs.ok) return malformed(txs.error.reason);
  const transactions: readonly BlockTx[] = txs.value.map((tx) => ({ txid: txid(tx), tx }));
  if (transactions.length === 0) return malformed('no transactions');
  if (!equalBytes(merkleRoot(transactions), header.subarray(36, 68)))
    return malformed('transactions do not match the merkle root');
  return ok({
    hash: toHex(hash256(header).reverse()),
    previousHash: toHex(reverseBytes(header.subarray(4, 36))),
    time: new DataView(header.buffer, header.byteOffset).getUint32(68, true),
    transactions,
  });
}

function merkleRoot(transactions: readonly BlockTx[]): Uint8Array {
  let level = transactions.map((each) => fromHex(each.txid).reverse());
  while (level.length > 1) {
    const below = level;
    level = [];
    for (let i = 0; i < below.length; i += 2) {
      const left = below[i] as Uint8Array;
      level.push(hash256(concat(left, below[i + 1] ?? left)));
    }
  }
  return level[0] as Uint8Array;
}

function malformed(reason: string): { ok: false; error: MalformedBlock } {
  return err({ code: 'malformedBlock', reason });
}
