import type { Regtest } from '../regtest/index.ts';
import { bitcoinAmount, count, fields, hash, list, text } from '../src/chain/bitcoind/answer.ts';

/** Indexes of each wallet branch that are looked at; a story uses a handful. */
const LOOK_AHEAD = 30;

/** A transaction as bitcoind tells of it, in a block. */
export interface SeenTx {
  readonly txid: string;
  readonly hex: string;
  readonly vsize: number;
  /** `null` of a block reward. */
  readonly feeSat: bigint | null;
}

/** A coin that bitcoind found unspent, with its own name for the script. */
export interface FoundCoin {
  readonly txid: string;
  readonly vout: number;
  readonly valueSat: bigint;
  readonly height: number;
  readonly descriptor: string;
}

/** The transactions of a block, in order. */
export async function blockTransactions(regtest: Regtest, height: number): Promise<readonly SeenTx[]> {
  const blockHash = await regtest.call('getblockhash', height);
  const block = fields({ value: await regtest.call('getblock', blockHash, 2), where: 'getblock' });
  return list(block('tx')).map((each) => {
    const tx = fields(each);
    const fee = tx('fee');
    return {
      txid: hash(tx('txid')),
      hex: text(tx('hex')),
      vsize: count(tx('vsize')),
      feeSat: fee.value === undefined ? null : bitcoinAmount(fee),
    };
  });
}

/**
 * What a wallet's descriptors hold unspent in bitcoind's own set of coins: the wallet's keys are asked for, never
 * its bookkeeping.
 */
export async function foundCoins(
  regtest: Regtest,
  wallet: { descriptors(): readonly { readonly descriptor: string }[] },
): Promise<readonly FoundCoin[]> {
  const asked = wallet.descriptors().map(({ descriptor }) => ({ desc: descriptor, range: LOOK_AHEAD }));
  const answer = fields({ value: await regtest.call('scantxoutset', 'start', asked), where: 'scantxoutset' });
  const coins = list(answer('unspents')).map((each) => {
    const coin = fields(each);
    return {
      txid: hash(coin('txid')),
      vout: count(coin('vout')),
      valueSat: bitcoinAmount(coin('amount')),
      height: count(coin('height')),
      descriptor: text(coin('desc')),
    };
  });
  return coins.sort((a, b) => a.height - b.height || (a.txid < b.txid ? -1 : 1) || a.vout - b.vout);
}

/** Whether the best chain holds this output unspent. */
export async function isUnspent(regtest: Regtest, txid: string, vout: number): Promise<boolean> {
  return (await regtest.call('gettxout', txid, vout, false)) !== null;
}
