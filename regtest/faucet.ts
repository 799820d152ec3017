import { MAX_MONEY, type Sat, sat } from '../src/base/amount.ts';
import { compareBytes, concat, toHex, utf8 } from '../src/base/bytes.ts';
import { invariant } from '../src/base/invariant.ts';
import {
  type Answer,
  bitcoinAmount,
  count,
  fields,
  flag,
  hash,
  hexBytes,
  list,
} from '../src/chain/bitcoind/answer.ts';
import type { RpcClient } from '../src/chain/bitcoind/index.ts';
import { feeFor } from '../src/chain/port.ts';
import { hash160, sha256 } from '../src/crypto/hash.ts';
import { tinySecp256k1 } from '../src/crypto/tiny.ts';
import { scriptSignature } from '../src/tx/signature.ts';
import {
  type OutPoint,
  outpointKey,
  sighashV0,
  type Tx,
  txid,
  unsignedInput,
  vsize,
  withWitness,
} from '../src/tx/transaction.ts';

/** The faucet has not enough coins that are old enough to spend. */
export class FaucetEmpty extends Error {
  override readonly name = 'FaucetEmpty';
}

interface FaucetKey {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly script: Uint8Array;
}

interface Coin extends OutPoint {
  readonly value: Sat;
  readonly height: number;
  readonly key: FaucetKey;
}

const LEAST_FEE_RATE = 2_000n;
const MATURITY = 100;
/** Change under this is left to the miner: the dust limit of a P2WPKH output. */
const DUST = 294n;

/**
 * Coins from nowhere: the rewards of the blocks that it mines for itself.
 *
 * It signs its own transactions and spends the oldest coins first, so that the same calls on the same chain
 * give the same transactions; the wallet of bitcoind picks at random. Its coins are found by their scripts
 * in the UTXO set, so that a reorganisation leaves nothing to repair.
 */
export class Faucet {
  readonly #rpc: RpcClient;
  readonly #seed: string;
  readonly #keys: FaucetKey[] = [];
  /** Change that is still in the mempool. */
  #pending: readonly Coin[] = [];

  constructor(rpc: RpcClient, seed: string) {
    this.#rpc = rpc;
    this.#seed = seed;
  }

  /**
   * The script to mine to. A new one after each reorganisation, since the same coinbase on the same parent
   * would be the same block, which the node was told to refuse.
   */
  async miningScript(): Promise<Uint8Array> {
    return this.#key((await this.#branches()) - 1).script;
  }

  /** Whether there is a coin to spend. */
  async isFilled(): Promise<boolean> {
    return (await this.#coins()).length > 0;
  }

  /** A signed transaction that pays `value` satoshi to `script` in its output 0. Throws {@link FaucetEmpty}. */
  async payment(script: Uint8Array, value: bigint): Promise<Tx> {
    const coins = await this.#coins();
    const rate = await this.#feeRate();
    const chosen: Coin[] = [];
    let total = 0n;
    for (const coin of coins) {
      if (!(await this.#isUnspent(coin))) continue;
      chosen.push(coin);
      total += coin.value;
      const tx = unsigned(chosen, script, value, total, rate);
      if (tx !== undefined) return this.#signed(tx, chosen);
    }
    throw new FaucetEmpty(`the faucet has ${total} sat to spend, ${value} and a fee were asked: mine blocks`);
  }

  async #signed(tx: Tx, coins: readonly Coin[]): Promise<Tx> {
    const signed = sign(tx, coins);
    const [change, key] = [signed.outputs[1], coins[0]?.key];
    if (change !== undefined && key !== undefined)
      this.#pending = [
        ...this.#pending,
        { txid: txid(signed), vout: 1, value: change.value, height: Infinity, key },
      ];
    return signed;
  }

  /** Coins that the next block may spend, oldest first, then our own unconfirmed change. */
  async #coins(): Promise<readonly Coin[]> {
    const branches = await this.#branches();
    const keys = Array.from({ length: branches }, (_, branch) => this.#key(branch));
    const scan = fields(
      await this.#ask('scantxoutset', ['start', keys.map((key) => `raw(${toHex(key.script)})`)]),
    );
    const tip = count(scan('height'));
    const confirmed: Coin[] = [];
    for (const each of list(scan('unspents'))) {
      const output = fields(each);
      const height = count(output('height'));
      if (flag(output('coinbase')) && height > tip + 1 - MATURITY) continue;
      const script = hexBytes(output('scriptPubKey'));
      const key = keys.find((candidate) => compareBytes(candidate.script, script) === 0);
      invariant(key !== undefined, 'a coin of a script that was not asked for');
      const value = bitcoinAmount(output('amount'));
      confirmed.push({ txid: hash(output('txid')), vout: count(output('vout')), value, height, key });
    }
    confirmed.sort(oldestFirst);
    const known = new Set(confirmed.map(outpointKey));
    this.#pending = this.#pending.filter((coin) => !known.has(outpointKey(coin)));
    return [...confirmed, ...this.#pending];
  }

  /** Branches of the block tree that this node has seen: one more after each reorganisation. */
  async #branches(): Promise<number> {
    return list(await this.#ask('getchaintips', [])).length;
  }

  async #isUnspent(coin: Coin): Promise<boolean> {
    return (await this.#ask('gettxout', [coin.txid, coin.vout, true])).value !== null;
  }

  async #feeRate(): Promise<bigint> {
    const minimum: bigint = bitcoinAmount(fields(await this.#ask('getmempoolinfo', []))('mempoolminfee'));
    return minimum > LEAST_FEE_RATE ? minimum : LEAST_FEE_RATE;
  }

  #key(branch: number): FaucetKey {
    this.#keys[branch] ??= deriveKey(this.#seed, branch);
    return this.#keys[branch];
  }

  async #ask(method: string, params: readonly unknown[]): Promise<Answer> {
    return { value: await this.#rpc.call(method, params), where: method };
  }
}

function oldestFirst(a: Coin, b: Coin): number {
  if (a.height !== b.height) return a.height - b.height;
  if (a.txid !== b.txid) return a.txid < b.txid ? -1 : 1;
  return a.vout - b.vout;
}

function deriveKey(seed: string, branch: number): FaucetKey {
  const secret = sha256(utf8(`wattlane regtest faucet/${branch}/${seed}`));
  const publicKey = tinySecp256k1.publicKey(secret);
  return { secret, publicKey, script: concat(Uint8Array.of(0x00, 20), hash160(publicKey)) };
}

/** The payment with its change, `undefined` while the coins do not pay for it and its fee. */
function unsigned(
  coins: readonly Coin[],
  script: Uint8Array,
  value: bigint,
  total: bigint,
  rate: bigint,
): Tx | undefined {
  if (value > MAX_MONEY || total < value) return undefined;
  const [first] = coins;
  invariant(first !== undefined, 'a payment from no coin');
  const payment = { value: sat(value), script };
  const bare: Tx = {
    version: 2,
    inputs: coins.map((coin) => ({ ...unsignedInput(coin), witness: LARGEST_WITNESS })),
    outputs: [payment],
    locktime: 0,
  };
  const withChange = { ...bare, outputs: [payment, { value: sat(total), script: first.key.script }] };
  const change = total - value - feeFor(vsize(withChange), rate);
  if (change >= DUST)
    return { ...bare, outputs: [payment, { value: sat(change), script: first.key.script }] };
  return total - value >= feeFor(vsize(bare), rate) ? bare : undefined;
}

/** Of a P2WPKH input, for the size before there are signatures. */
const LARGEST_WITNESS: readonly Uint8Array[] = [new Uint8Array(72), new Uint8Array(33)];

function sign(tx: Tx, coins: readonly Coin[]): Tx {
  return coins.reduce((signed, { key, value }, index) => {
    // BIP143: the script code of P2WPKH is the P2PKH script of the same hash
    const code = concat(Uint8Array.of(0x76, 0xa9, 20), key.script.subarray(2), Uint8Array.of(0x88, 0xac));
    const signature = tinySecp256k1.sign(sighashV0(tx, index, code, value), key.secret);
    return withWitness(signed, index, [scriptSignature(signature), key.publicKey]);
  }, tx);
}
