import { invariant } from '../base/invariant.ts';
import { type BroadcastResult, type Chain, ChainError } from '../chain/port.ts';
import type { Channel } from '../channel/state.ts';
import { anchorOf, planAnchorChild, waitingCommitment } from '../penalty/anchor.ts';
import type { Knowledge } from '../penalty/knowledge.ts';
import type { FeeCoin } from '../tx/anchor.ts';
import { ANCHOR_SAT } from '../tx/outputs.ts';
import { type OutPoint, outpointKey, type Tx, txid, vsize } from '../tx/transaction.ts';
import { coinsOf, ownedOutput, spendableCoins } from '../wallet/coins.ts';
import type { WalletState } from '../wallet/state.ts';
import type { Wallet } from '../wallet/wallet.ts';
import { anchorPurpose } from './anchorReserve.ts';
import type { ChannelNotice } from './work.ts';

/** A commitment of ours on its way to the chain, and what is known of its channel. */
export interface OwnCommitment {
  readonly key: string;
  readonly tx: Tx;
  readonly knowledge: Knowledge | undefined;
  readonly height: number;
}

/** A child that was sent or is about to be: in the wallet it is pending before it is sent. */
interface Child {
  readonly tx: Tx;
  readonly feeSat: bigint;
}

/**
 * Broadcasts our commitments with the children that pay for them (protocol section 5). It keeps nothing: the child
 * of the last block is the wallet's pending transaction, so the same call after a crash goes on where it was.
 */
export class Anchors {
  readonly #chain: Chain;
  readonly #wallet: Wallet;
  readonly #estimate: () => Promise<bigint>;
  /** One commitment after the other: two channels must not pay with the same free coin. */
  #queue: Promise<unknown> = Promise.resolve();

  /** @param estimate satoshi per 1,000 virtual bytes, never under the mempool's minimum as far as that is known */
  constructor(chain: Chain, wallet: Wallet, estimate: () => Promise<bigint>) {
    this.#chain = chain;
    this.#wallet = wallet;
    this.#estimate = estimate;
  }

  /** Submits a commitment, alone or with a child as the fee function asks. Says what became of both. */
  submit(own: OwnCommitment, tell: (notice: ChannelNotice) => void): Promise<void> {
    const done = this.#queue.then(() => this.#submit(own, tell));
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #submit(own: OwnCommitment, tell: (notice: ChannelNotice) => void): Promise<void> {
    const { tx } = own;
    const say = (result: BroadcastResult) => tell({ type: 'broadcast', purpose: 'commitment', tx, result });
    try {
      const alone = await this.#chain.broadcast(tx);
      if (!alone.accepted && !isOverFee(alone)) return say(alone);
      const withChild = await this.#submitWithChild(own, tell);
      say(alone.accepted || withChild === undefined ? alone : withChild);
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      say({ accepted: false, reason: error.message });
    }
  }

  /** What the mempool said of the package; `undefined` when no child was called for. */
  async #submitWithChild(
    { key, tx, knowledge, height }: OwnCommitment,
    tell: (notice: ChannelNotice) => void,
  ): Promise<BroadcastResult | undefined> {
    const waiting = knowledge === undefined ? undefined : waitingCommitment(knowledge, tx);
    if (knowledge === undefined || waiting === undefined) return undefined;
    const estimate = await this.#estimate();
    const earlier = childOf(this.#wallet.state(), waiting.anchor);
    const coins = coinsFor(this.#wallet.state(), key, earlier);
    const { child, short } = planAnchorChild(waiting, coins, knowledge.payoutScript, estimate, height);
    if (short !== null) tell({ type: 'anchorCoinsShort', ...short });
    const next = child === null ? undefined : { tx: this.#signed(child.tx, tx), feeSat: child.feeSat };
    let result: BroadcastResult | undefined;
    for (const each of inOrder(earlier, next)) {
      if (!isPayable(this.#wallet.state(), key, each, earlier)) continue;
      result = await this.#submitPackage(tx, each, earlier);
      tell({ type: 'broadcast', purpose: 'anchor', tx: each.tx, result, feeSat: each.feeSat });
      if (result.accepted) return result;
    }
    return result;
  }

  #signed(child: Tx, commitment: Tx): Tx {
    const signed = this.#wallet.signTx(child, [commitment]);
    invariant(signed.ok, 'the wallet signs with its own coins');
    return signed.value;
  }

  /** Pending in the wallet first; what the mempool does not take gives way to the child that it has. */
  async #submitPackage(commitment: Tx, child: Child, earlier: Child | undefined): Promise<BroadcastResult> {
    await this.#wallet.addPending(child.tx);
    const result = await this.#chain.broadcastPackage(commitment, child.tx);
    if (result.accepted || child === earlier) return result;
    if (earlier === undefined) await this.#wallet.dropPending(txid(child.tx));
    else await this.#wallet.addPending(earlier.tx);
    return result;
  }

  /** Forgets children of commitments that lost to another spend of the funding output: their coins are free again. */
  async dropBeaten(channel: Channel): Promise<void> {
    if (channel.type !== 'settling' || channel.spentBy === null) return;
    for (const { tx } of channel.candidates) {
      const anchor = anchorOf(tx);
      if (anchor === undefined || anchor.txid === channel.spentBy) continue;
      const child = childOf(this.#wallet.state(), anchor);
      if (child !== undefined) await this.#wallet.dropPending(txid(child.tx));
    }
  }
}

/** The one in the mempool again, unless the new one adds what replaces it; the other where the first is refused. */
function inOrder(earlier: Child | undefined, next: Child | undefined): readonly Child[] {
  if (earlier === undefined || next === undefined)
    return [earlier ?? next].filter((each) => each !== undefined);
  if (next.feeSat <= earlier.feeSat) return [earlier];
  const replaces = next.feeSat >= earlier.feeSat + BigInt(vsize(next.tx));
  return replaces ? [next, earlier] : [earlier, next];
}

/** Whether its coins are still there: the wallet may have paid with one while the mempool was asked. */
function isPayable(state: WalletState, key: string, child: Child, earlier: Child | undefined): boolean {
  const there = new Set(coinsFor(state, key, earlier).map(({ outpoint }) => outpointKey(outpoint)));
  return child.tx.inputs.slice(1).every((input) => there.has(outpointKey(input)));
}

/** Whether more fee could change the answer. */
function isOverFee(result: BroadcastResult): boolean {
  return !result.accepted && /\bfees?\b|feerate|RBF/i.test(result.reason);
}

/** The wallet's unconfirmed child of a commitment. */
function childOf(state: WalletState, anchor: OutPoint): Child | undefined {
  const found = Object.values(state.transactions).find(
    ({ tx, block }) =>
      block === null && tx.inputs.some((input) => outpointKey(input) === outpointKey(anchor)),
  );
  if (found === undefined) return undefined;
  const { tx } = found;
  const paid = coinsOfChild(state, tx).reduce((sum, { value }) => sum + value, ANCHOR_SAT);
  return { tx, feeSat: tx.outputs.reduce((fee, { value }) => fee - value, paid) };
}

function coinsOfChild(state: WalletState, tx: Tx): readonly FeeCoin[] {
  return tx.inputs.slice(1).flatMap(({ txid, vout }) => {
    const output = ownedOutput(state, { txid, vout });
    return output === undefined
      ? []
      : [{ outpoint: { txid, vout }, value: output.value, script: output.script }];
  });
}

/** Confirmed coins for a child: those of the last one, those set aside, then free ones; large ones first. */
function coinsFor(state: WalletState, key: string, earlier: Child | undefined): readonly FeeCoin[] {
  const reserved = coinsOf(state).filter(
    (coin) => coin.reservedFor === anchorPurpose(key) && coin.status === 'confirmed',
  );
  const free = spendableCoins(state, { change: false });
  const coins = [reserved, free].flatMap((each) =>
    each
      .map(({ txid, vout, value, script }) => ({ outpoint: { txid, vout }, value, script }))
      .sort((a, b) => Number(b.value - a.value)),
  );
  return [...(earlier === undefined ? [] : coinsOfChild(state, earlier.tx)), ...coins];
}
