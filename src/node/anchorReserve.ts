import { equalBytes } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Role } from '../base/role.ts';
import type { Agreement, Channel } from '../channel/state.ts';
import { anchorReserveSat, coinsWorthSat, type FeeCoin } from '../tx/anchor.ts';
import type { FundingPart } from '../tx/funding.ts';
import { type OutPoint, txid } from '../tx/transaction.ts';
import { type Coin, coinsOf, spendableCoins } from '../wallet/coins.ts';
import type { Wallet } from '../wallet/wallet.ts';

/** More coins than this do not fit into a child (BIP431). */
const MAX_COINS = 10;

/** The coins do not reach for what a trader sets aside, satoshi. */
export interface ReserveShort {
  readonly code: 'anchorCoinsShort';
  readonly neededSat: bigint;
  readonly availableSat: bigint;
}

/** What the coins for a channel's anchor are set aside for in the wallet. */
export function anchorPurpose(key: string): string {
  return `anchor ${key}`;
}

/**
 * Coins of a trader's wallet that nothing but the anchor of its own commitment may spend (protocol section 5).
 * Whatever is set aside is in the wallet's stored state; nothing is kept here.
 */
export class AnchorReserve {
  readonly #wallet: Wallet;
  readonly #feeRate: bigint;

  /** @param feeRate satoshi per 1,000 virtual bytes that a child can pay out of it; 0: nothing is set aside */
  constructor(wallet: Wallet, feeRate: bigint) {
    this.#wallet = wallet;
    this.#feeRate = feeRate;
  }

  /**
   * Before anything is said of a channel: it needs confirmed coins, or the change of its funding part, see
   * {@link keepChange}. Sets coins aside where the change does not reach.
   */
  async prepare(
    key: string,
    role: Role,
    maxInFlight: number,
    { change }: FundingPart,
  ): Promise<Result<void, ReserveShort>> {
    const needed = this.#needed(role, maxInFlight);
    const coming = change === null ? [] : [{ outpoint: { txid: '', vout: 0 }, ...change }];
    return this.#setAside(key, needed, coming);
  }

  /** Our change of the funding transaction, before it is signed, where confirmed coins do not reach. */
  async keepChange(key: string, role: Role, { contract, funding, ...agreement }: Agreement): Promise<void> {
    const needed = this.#needed(role, contract.params.maxInFlight);
    if (coinsWorthSat(this.#held(key), this.#feeRate) >= needed) return;
    const { consumer } = agreement.proposal;
    const parts = { consumer, producer: agreement.producer, utility: agreement.utility };
    const { change } = parts[role].part;
    if (change === null) return;
    const vout = funding.tx.outputs.findIndex(({ script }) => equalBytes(script, change.script));
    await this.#wallet.reserveComing({ txid: txid(funding.tx), vout }, anchorPurpose(key));
  }

  /**
   * What a trading channel has set aside, filled up from free coins. One coin that reaches takes the place of more, so
   * that no more is bound than needed: also of a change that a reorganisation took and gave back.
   */
  async refresh(key: string, channel: Channel): Promise<Result<void, ReserveShort>> {
    if (!isTrading(channel)) return ok(undefined);
    const needed = this.#needed(channel.role, channel.identity.contract.params.maxInFlight);
    const held = this.#held(key);
    if (coinsWorthSat(held, this.#feeRate) < needed) return this.#setAside(key, needed, []);
    const bound = held.reduce((sum, { value }) => sum + value, 0n);
    const enough = smallest([...held, ...this.#free()], needed);
    if (enough === undefined || enough.value >= bound) return ok(undefined);
    const placed = held.includes(enough)
      ? ok(undefined)
      : await this.#wallet.reserve([enough.outpoint], anchorPurpose(key));
    if (placed.ok)
      await this.#wallet.release(held.filter((coin) => coin !== enough).map(({ outpoint }) => outpoint));
    return ok(undefined);
  }

  /** The channel is over, or never came to be. */
  async release(key: string): Promise<void> {
    await this.#wallet.releasePurpose(anchorPurpose(key));
  }

  #needed(role: Role, maxInFlight: number): bigint {
    if (role === 'utility' || this.#feeRate === 0n) return 0n;
    return anchorReserveSat(maxInFlight, this.#feeRate);
  }

  #held(key: string): readonly FeeCoin[] {
    return coinsOf(this.#wallet.state())
      .filter(({ reservedFor }) => reservedFor === anchorPurpose(key))
      .map(feeCoin);
  }

  #free(): readonly FeeCoin[] {
    return spendableCoins(this.#wallet.state(), { change: false }).map(feeCoin);
  }

  /** One coin that reaches, the smallest; else `coming` and the largest coins until they do. */
  async #setAside(
    key: string,
    needed: bigint,
    coming: readonly FeeCoin[],
  ): Promise<Result<void, ReserveShort>> {
    const held = [...coming, ...this.#held(key)];
    if (coinsWorthSat(held, this.#feeRate) >= needed) return ok(undefined);
    const enough = smallest(this.#free(), needed);
    const taken: FeeCoin[] = enough === undefined ? [] : [enough];
    const large = [...this.#free()].sort(smallFirst).reverse();
    for (const coin of enough === undefined ? large : []) {
      const worth = coinsWorthSat([...held, ...taken], this.#feeRate);
      if (worth >= needed || held.length + taken.length >= MAX_COINS) break;
      taken.push(coin);
    }
    const availableSat = coinsWorthSat([...held, ...taken], this.#feeRate);
    if (availableSat < needed) return err({ code: 'anchorCoinsShort', neededSat: needed, availableSat });
    const reserved = await this.#wallet.reserve(
      taken.map(({ outpoint }): OutPoint => outpoint),
      anchorPurpose(key),
    );
    return reserved.ok
      ? ok(undefined)
      : err({ code: 'anchorCoinsShort', neededSat: needed, availableSat: 0n });
  }
}

function isTrading(channel: Channel): channel is Extract<Channel, { rounds: object; link: unknown }> {
  return channel.type === 'open' || channel.type === 'shuttingDown' || channel.type === 'negotiatingClose';
}

function feeCoin({ txid, vout, value, script }: Coin): FeeCoin {
  return { outpoint: { txid, vout }, value, script };
}

/** The smallest coin that reaches alone. */
function smallest(coins: readonly FeeCoin[], needed: bigint): FeeCoin | undefined {
  return coins.filter(({ value }) => value >= needed).sort(smallFirst)[0];
}

function smallFirst(a: FeeCoin, b: FeeCoin): number {
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
}
