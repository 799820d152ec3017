import type { Sat } from '../base/amount.ts';
import type { OutPoint, Tx, Txid, TxOutput } from '../tx/transaction.ts';

export type Network = 'mainnet' | 'testnet' | 'signet' | 'regtest';

export interface BlockRef {
  readonly height: number;
  /** Block hash, hexadecimal, display order. */
  readonly hash: string;
}

export interface Block extends BlockRef {
  readonly previousHash: string;
  /** Unix seconds, from the header. */
  readonly time: number;
  readonly transactions: readonly BlockTx[];
}

export interface BlockTx {
  readonly txid: Txid;
  readonly tx: Tx;
}

/** An output that the best chain holds unspent. */
export interface UnspentOutput extends TxOutput {
  /** At least 1: outputs of unconfirmed transactions are not reported. */
  readonly confirmations: number;
  readonly coinbase: boolean;
}

/** A transaction as a node has it. */
export interface FoundTx {
  readonly tx: Tx;
  /** `null` where the node cannot tell: a coinbase, or a block whose undo data it no longer has. */
  readonly feeSat: Sat | null;
}

/** The mempool's answer. `reason` is the node's own word, for example `non-BIP68-final`. */
export type BroadcastResult =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly reason: string };

/**
 * What this library needs of a Bitcoin node. Methods reject with {@link ChainError} when the node cannot
 * be asked; what the node says of a transaction is data.
 */
export interface Chain {
  readonly network: Network;
  /** Hash of block 0, hexadecimal, display order. */
  genesisHash(): Promise<string>;
  tip(): Promise<BlockRef>;
  /** Hash of the best chain's block at `height`, `undefined` above the tip. */
  blockHash(height: number): Promise<string | undefined>;
  /** The block, also one that is no longer in the best chain; `undefined` when the node does not have it. */
  block(hash: string): Promise<Block | undefined>;
  /**
   * Whether the best chain left this block: another block stands at its height, or the node holds it for invalid. False
   * while the node has merely not got so far: it reindexes, downloads, or lost its last blocks in a crash.
   */
  isAbandoned(block: BlockRef): Promise<boolean>;
  /** The output if it is unspent in the best chain (the mempool's spends do not count), else `undefined`. */
  unspentOutput(outpoint: OutPoint): Promise<UnspentOutput | undefined>;
  /**
   * The transaction of the mempool or, where the hash of a block is given, of that block; `undefined` when it is not there,
   * or the block was pruned.
   */
  transaction(id: Txid, blockHash?: string): Promise<FoundTx | undefined>;
  /** For each output the transaction of the mempool that spends it, `undefined` where there is none. */
  mempoolSpenders(outpoints: readonly OutPoint[]): Promise<readonly (Txid | undefined)[]>;
  /** Submits one transaction; accepted as well when the node already has it (in its mempool or in a block). */
  broadcast(tx: Tx): Promise<BroadcastResult>;
  /** Submits a parent and its child together (package relay, one parent and one child). */
  broadcastPackage(parent: Tx, child: Tx): Promise<BroadcastResult>;
  /** Whether the mempool would take the transaction now, without submitting it. */
  testAccept(tx: Tx): Promise<BroadcastResult>;
  /**
   * Fee rate to confirm within `blocks`, satoshi per 1,000 virtual bytes, never under the mempool's minimum.
   * Where the node has no estimate (regtest), the mempool's minimum and at least 1,000.
   */
  feeRate(blocks: number): Promise<bigint>;
  /** Smallest fee rate that the mempool takes now, satoshi per 1,000 virtual bytes. */
  minimumFeeRate(): Promise<bigint>;
  /** Calls `listener` soon after the tip may have changed; says nothing of how. Returns the way to stop. */
  onTip(listener: () => void): () => void;
  /** Stops timers and sockets; the node itself goes on. */
  close(): Promise<void>;
}

/** The node could not be asked or gave an answer that makes no sense. */
export class ChainError extends Error {
  override readonly name = 'ChainError';
  /** `unreachable`: try again later; `refused`: login or method refused; `badAnswer`: not what the API promises; `otherNetwork`: it is of another. */
  readonly code: 'unreachable' | 'refused' | 'badAnswer' | 'otherNetwork' | 'closed';
  readonly retry: boolean;

  constructor(code: ChainError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retry = code === 'unreachable';
  }
}

/** Value of a fee rate for a size: satoshi, rounded up. */
export function feeFor(vbytes: number, satPerKvB: bigint): Sat {
  return ((BigInt(vbytes) * satPerKvB + 999n) / 1000n) as Sat;
}
