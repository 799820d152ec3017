import { toHex } from '../../base/bytes.ts';
import { decodeTx, encodeTx, type OutPoint, type Tx, type Txid, txid } from '../../tx/transaction.ts';
import { decodeBlock } from '../block.ts';
import {
  type Block,
  type BlockRef,
  type BroadcastResult,
  type Chain,
  ChainError,
  type FoundTx,
  type Network,
  type UnspentOutput,
} from '../port.ts';
import { type Answer, bitcoinAmount, count, fields, flag, hash, hexBytes, list, text } from './answer.ts';
import type { Retry } from './backoff.ts';
import {
  ACCEPTED,
  fromPackage,
  fromRpcError,
  fromTestAccept,
  inputsGone,
  type PackageResult,
} from './mempoolAnswer.ts';
import { RecentBlocks } from './recentBlocks.ts';
import { RPC, RpcClient, RpcError, type RpcOptions, type RpcParams } from './rpc.ts';
import { TipWatch, type ZmqAddress } from './tipWatch.ts';

export interface BitcoindOptions extends RpcOptions {
  readonly network: Network;
  /** Of `-zmqpubhashblock`; used when the optional package `zeromq` loads. */
  readonly zmqAddress?: ZmqAddress;
  /** How often to ask for the tip, milliseconds, also with ZMQ; default 250 on regtest, 5,000 elsewhere. */
  readonly pollMs?: number;
}

/** `chain` of `getblockchaininfo`. */
const CHAIN_NAMES: Readonly<Record<Network, readonly string[]>> = {
  mainnet: ['main'],
  testnet: ['test', 'testnet4'],
  signet: ['signet'],
  regtest: ['regtest'],
};

const ZMQ_ADDRESS = /^(tcp:\/\/[^\s/]+:\d{1,5}|ipc:\/\/\S+)$/;
const LARGEST_HEIGHT = 0x7fffffff;
const RECENT_BLOCKS = 50;
const LEAST_FEE_RATE = 1000n;
const ASK_ONCE: Retry = { attempts: 1, firstMs: 0, longestMs: 0 };
/** `maxfeerate` 0 is no limit: a justice transaction may rightly give most of its value to the miners. */
const ANY_FEE_RATE = 0;

/**
 * The {@link Chain} of a running bitcoind (Bitcoin Core or Knots, version 28 or later) over JSON-RPC.
 * No wallet and no transaction index is needed; pruned nodes work for the blocks that they keep.
 *
 * Throws {@link ChainError} `unreachable`, `refused` (login) `otherNetwork` or `badAnswer`.
 *
 * @example
 * const chain = await bitcoindChain({
 *   network: 'mainnet',
 *   url: 'http://127.0.0.1:8332',
 *   login: { cookieFile: '/home/me/.bitcoin/.cookie' },
 * });
 */
export async function bitcoindChain(options: BitcoindOptions): Promise<Chain> {
  if (options.zmqAddress !== undefined && !ZMQ_ADDRESS.test(options.zmqAddress))
    throw new ChainError('refused', `not an address of ZMQ: ${options.zmqAddress}`);
  const chain = new BitcoindChain(options, new RpcClient(options));
  try {
    await chain.connect();
    return chain;
  } catch (error) {
    await chain.close();
    throw error;
  }
}

class BitcoindChain implements Chain {
  readonly network: Network;
  readonly #rpc: RpcClient;
  readonly #blocks = new RecentBlocks(RECENT_BLOCKS);
  readonly #tips: TipWatch;

  constructor(options: BitcoindOptions, rpc: RpcClient) {
    this.network = options.network;
    this.#rpc = rpc;
    this.#tips = new TipWatch({
      bestBlockHash: async () =>
        hash({ value: await rpc.call('getbestblockhash', [], ASK_ONCE), where: 'getbestblockhash' }),
      pollMs: options.pollMs ?? (options.network === 'regtest' ? 250 : 5_000),
      zmqAddress: options.zmqAddress,
    });
  }

  async connect(): Promise<void> {
    const info = fields(await this.#ask('getblockchaininfo'));
    const name = text(info('chain'));
    if (!CHAIN_NAMES[this.network].includes(name))
      throw new ChainError('otherNetwork', `this bitcoind is on the chain "${name}", not on ${this.network}`);
  }

  async genesisHash(): Promise<string> {
    return hash(await this.#ask('getblockhash', [0]));
  }

  async tip(): Promise<BlockRef> {
    // One call, so that height and hash are of one moment.
    const info = fields(await this.#ask('getblockchaininfo'));
    return { height: count(info('blocks')), hash: hash(info('bestblockhash')) };
  }

  async blockHash(height: number): Promise<string | undefined> {
    if (height > LARGEST_HEIGHT) return undefined; // bitcoind refuses the number, not the height
    const answer = await this.#askOr('getblockhash', [height], [RPC.invalidParameter]);
    return answer === undefined ? undefined : hash(answer);
  }

  async block(id: string): Promise<Block | undefined> {
    const known = this.#blocks.get(id);
    if (known !== undefined) return known;
    // A block whose header is known may be missing itself: pruned, or not yet downloaded (`misc`).
    const unknown = [RPC.invalidAddressOrKey, RPC.misc];
    const [header, bytes] = await Promise.all([
      this.#askOr('getblockheader', [id], unknown),
      this.#askOr('getblock', [id, 0], unknown),
    ]);
    if (header === undefined || bytes === undefined) return undefined;
    const decoded = decodeBlock(hexBytes(bytes));
    if (!decoded.ok) throw new ChainError('badAnswer', `block ${id}: ${decoded.error.reason}`);
    if (decoded.value.hash !== id)
      throw new ChainError('badAnswer', `bitcoind gives another block for ${id}`);
    const block = { ...decoded.value, height: count(fields(header)('height')) };
    this.#blocks.add(block);
    return block;
  }

  async isAbandoned(ref: BlockRef): Promise<boolean> {
    const best = await this.blockHash(ref.height);
    if (best !== undefined) return best !== ref.hash;
    for (const tip of list(await this.#ask('getchaintips')).map(fields)) {
      if (text(tip('status')) !== 'invalid') continue;
      const [height, length] = [count(tip('height')), count(tip('branchlen'))];
      if (height < ref.height || height - length >= ref.height) continue;
      if ((await this.#ancestor(hash(tip('hash')), height - ref.height)) === ref.hash) return true;
    }
    return false;
  }

  /** The block so many generations back; `undefined` when the node does not know them all. */
  async #ancestor(of: string, generations: number): Promise<string | undefined> {
    let at: string | undefined = of;
    for (let left = generations; left > 0 && at !== undefined; left--) {
      const header = await this.#askOr('getblockheader', [at], [RPC.invalidAddressOrKey]);
      at = header === undefined ? undefined : hash(fields(header)('previousblockhash'));
    }
    return at;
  }

  async unspentOutput({ txid: id, vout }: OutPoint): Promise<UnspentOutput | undefined> {
    const answer = await this.#ask('gettxout', [id, vout, false]);
    if (answer.value === null) return undefined;
    const output = fields(answer);
    return {
      value: bitcoinAmount(output('value')),
      script: hexBytes(fields(output('scriptPubKey'))('hex')),
      confirmations: count(output('confirmations')),
      coinbase: flag(output('coinbase')),
    };
  }

  async transaction(id: Txid, blockHash?: string): Promise<FoundTx | undefined> {
    return blockHash === undefined ? this.#unconfirmed(id) : this.#confirmedIn(id, blockHash);
  }

  /** Two questions: between them it may be confirmed or replaced, and is then in the mempool no more. */
  async #unconfirmed(id: Txid): Promise<FoundTx | undefined> {
    const entry = await this.#askOr('getmempoolentry', [id], [RPC.invalidAddressOrKey]);
    if (entry === undefined) return undefined;
    const raw = await this.#askOr('getrawtransaction', [id], [RPC.invalidAddressOrKey]);
    if (raw === undefined) return undefined;
    return { tx: transactionIn(raw, id), feeSat: bitcoinAmount(fields(fields(entry)('fees'))('base')) };
  }

  async #confirmedIn(id: Txid, blockHash: string): Promise<FoundTx | undefined> {
    const unknown = [RPC.invalidAddressOrKey, RPC.misc];
    const answer = await this.#askOr('getrawtransaction', [id, 2, blockHash], unknown);
    if (answer === undefined) return undefined;
    const found = fields(answer);
    const fee = found('fee');
    return {
      tx: transactionIn(found('hex'), id),
      feeSat: fee.value === undefined ? null : bitcoinAmount(fee),
    };
  }

  async mempoolSpenders(outpoints: readonly OutPoint[]): Promise<readonly (Txid | undefined)[]> {
    if (outpoints.length === 0) return [];
    const asked = outpoints.map(({ txid: id, vout }) => ({ txid: id, vout }));
    const answers = list(await this.#ask('gettxspendingprevout', [asked]));
    return outpoints.map((_, i) => {
      const spender = fields(answers[i] ?? { value: undefined, where: `gettxspendingprevout[${i}]` })(
        'spendingtxid',
      );
      return spender.value === undefined ? undefined : hash(spender);
    });
  }

  async broadcast(tx: Tx): Promise<BroadcastResult> {
    const answer = await this.#submit('sendrawtransaction', [toHex(encodeTx(tx)), ANY_FEE_RATE]);
    const result = 'accepted' in answer ? answer : ACCEPTED;
    return inputsGone(result) && (await this.#isConfirmed(txid(tx))) ? ACCEPTED : result;
  }

  async testAccept(tx: Tx): Promise<BroadcastResult> {
    const answer = await this.#ask('testmempoolaccept', [[toHex(encodeTx(tx))], ANY_FEE_RATE]);
    return fromTestAccept(answer);
  }

  async broadcastPackage(parent: Tx, child: Tx): Promise<BroadcastResult> {
    const result = await this.#submitPackage(parent, child);
    if (result.parent.accepted && result.child.accepted) return ACCEPTED;
    if (!result.parent.accepted && !inputsGone(result.parent)) return result.parent;
    // With its parent confirmed the child needs no package. With a conflict confirmed it has no input.
    const alone = await this.broadcast(child);
    return inputsGone(alone) && !result.parent.accepted ? result.parent : alone;
  }

  async feeRate(blocks: number): Promise<bigint> {
    // bitcoind estimates for 1 to 1,008 blocks.
    const target = Math.min(1008, Math.max(1, Math.trunc(blocks)));
    const [answer, minimum] = await Promise.all([
      this.#ask('estimatesmartfee', [target]),
      this.minimumFeeRate(),
    ]);
    const estimate = fields(answer)('feerate');
    return largest([minimum, LEAST_FEE_RATE, estimate.value === undefined ? 0n : bitcoinAmount(estimate)]);
  }

  async minimumFeeRate(): Promise<bigint> {
    const info = fields(await this.#ask('getmempoolinfo'));
    return largest([bitcoinAmount(info('mempoolminfee')), bitcoinAmount(info('minrelaytxfee'))]);
  }

  onTip(listener: () => void): () => void {
    return this.#tips.add(listener);
  }

  async close(): Promise<void> {
    this.#tips.close();
    this.#rpc.close();
  }

  async #submitPackage(parent: Tx, child: Tx): Promise<PackageResult> {
    const params = [[parent, child].map((tx) => toHex(encodeTx(tx))), ANY_FEE_RATE];
    const answer = await this.#submit('submitpackage', params);
    if ('accepted' in answer) return { parent: answer, child: answer };
    return fromPackage(answer, txid(parent), txid(child));
  }

  /** The answer, or what bitcoind's error says of the transaction. */
  async #submit(method: string, params: RpcParams): Promise<Answer | BroadcastResult> {
    try {
      return { value: await this.#rpc.call(method, params), where: method };
    } catch (error) {
      const refusal = error instanceof RpcError ? fromRpcError(error) : undefined;
      if (refusal === undefined) throw asChainError(error);
      return refusal;
    }
  }

  /**
   * Whether the transaction is in the best chain, though all its outputs may be spent: bitcoind tells with a
   * transaction index, else the blocks that were read of late do.
   */
  async #isConfirmed(id: Txid): Promise<boolean> {
    if ((await this.#askOr('getrawtransaction', [id], [RPC.invalidAddressOrKey])) !== undefined) return true;
    for (const block of this.#blocks.holding(id))
      if ((await this.blockHash(block.height)) === block.hash) return true;
    return false;
  }

  async #ask(method: string, params: RpcParams = []): Promise<Answer> {
    try {
      return { value: await this.#rpc.call(method, params), where: method };
    } catch (error) {
      throw asChainError(error);
    }
  }

  /** The answer, or `undefined` when bitcoind answers with one of these error codes. */
  async #askOr(method: string, params: RpcParams, codes: readonly number[]): Promise<Answer | undefined> {
    try {
      return { value: await this.#rpc.call(method, params), where: method };
    } catch (error) {
      if (error instanceof RpcError && codes.includes(error.code)) return undefined;
      throw asChainError(error);
    }
  }
}

/** A transaction in hexadecimal, which must be the one that was asked for. */
function transactionIn(answer: Answer, id: Txid): Tx {
  const decoded = decodeTx(hexBytes(answer));
  if (!decoded.ok) throw new ChainError('badAnswer', `transaction ${id}: ${decoded.error.reason}`);
  if (txid(decoded.value) !== id)
    throw new ChainError('badAnswer', `bitcoind gives another transaction for ${id}`);
  return decoded.value;
}

function asChainError(error: unknown): unknown {
  if (!(error instanceof RpcError)) return error;
  const code = error.code === RPC.methodNotFound ? 'refused' : 'badAnswer';
  return new ChainError(code, `bitcoind refuses ${error.method}: ${error.message} (${error.code})`, {
    cause: error,
  });
}

function largest(rates: readonly bigint[]): bigint {
  let best = 0n;
  for (const rate of rates) if (rate > best) best = rate;
  return best;
}
