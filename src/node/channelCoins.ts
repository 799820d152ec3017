import type { Result } from '../base/result.ts';
import type { Role } from '../base/role.ts';
import type { Chain } from '../chain/port.ts';
import type { SigningFunding } from '../channel/state.ts';
import type { FundingPart } from '../tx/funding.ts';
import type { Tx } from '../tx/transaction.ts';
import type { SelectionError } from '../wallet/selection.ts';
import type { Wallet } from '../wallet/wallet.ts';
import { AnchorReserve, type ReserveShort } from './anchorReserve.ts';
import { Anchors } from './anchors.ts';
import type { RunningChannel } from './channels.ts';
import type { ClaimFees } from './claimFees.ts';
import { fundingPart, type PartTerms, releasePart } from './funding.ts';
import { tell } from './handle.ts';
import { isOver } from './parties.ts';

/** Why a party cannot bring what a channel needs of it. */
export type CoinsShort = SelectionError | ReserveShort;

/** The wallet's coins of each channel, from its opening to its end: its part of the funding, and what its anchor spends. */
export class ChannelCoins {
  readonly #wallet: Wallet;
  readonly #reserve: AnchorReserve;
  readonly #anchors: Anchors;

  /** @param reserveFeeRate see `Policy.anchorReserveFeeRate` */
  constructor(chain: Chain, wallet: Wallet, fees: ClaimFees, reserveFeeRate: bigint) {
    this.#wallet = wallet;
    this.#reserve = new AnchorReserve(wallet, reserveFeeRate);
    this.#anchors = new Anchors(chain, wallet, () => fees.rate());
  }

  /** Sets aside our part of the funding and the coins for our anchor, or neither. */
  async bring(terms: PartTerms, role: Role, key: string): Promise<Result<FundingPart, CoinsShort>> {
    const part = await fundingPart(this.#wallet, terms, role, key);
    if (!part.ok) return part;
    const kept = await this.#reserve.prepare(key, role, terms.params.maxInFlight, part.value);
    if (kept.ok) return part;
    await this.free(key);
    return kept;
  }

  /** Our change of a funding transaction that is signed next, where the anchor needs it. */
  keepChange(key: string, { role, agreement }: SigningFunding): Promise<void> {
    return this.#reserve.keepChange(key, role, agreement);
  }

  /** Nothing is set aside for the channel any more. */
  async free(key: string): Promise<void> {
    await releasePart(this.#wallet, key);
    await this.#reserve.release(key);
  }

  /** What the coins set aside for a channel have become with a block. */
  async tidy({ driver, listeners }: RunningChannel): Promise<void> {
    const { key, channel } = driver;
    if (isOver(channel)) await this.free(key);
    await this.#anchors.dropBeaten(channel);
    const held = await this.#reserve.refresh(key, channel);
    if (held.ok) return;
    const { code, neededSat, availableSat } = held.error;
    tell(listeners, { type: code, neededSat, availableSat });
  }

  /** Broadcasts our commitment, with a child that pays for it where it needs one. */
  submit({ driver, listeners }: RunningChannel, tx: Tx, height: number): Promise<void> {
    const own = { key: driver.key, tx, knowledge: driver.knowledge(), height };
    return this.#anchors.submit(own, (notice) => tell(listeners, notice));
  }
}
