import type { Msat, Sat } from '../base/amount.ts';
import { concat, fromHex } from '../base/bytes.ts';
import type { PerRole, PerTrader, Trader } from '../base/role.ts';
import type { OutPoint } from './transaction.ts';

/**
 * When the utility's key counts in the funding script: always (`immediate`, the papers' letter), or
 * only from a block height on (`afterHeight`), until when only both traders together can spend.
 */
export type Arbitration =
  | { readonly type: 'immediate' }
  | { readonly type: 'afterHeight'; readonly height: number };

/** How much of the seller's coins stands behind a delivery: all of its contribution that is left, or millionths of the payment. */
export type BondPolicy =
  | { readonly type: 'stake' }
  | { readonly type: 'proportional'; readonly bondPpm: number };

/** What the three agree on before they fund, and never change (protocol section 2). Delays, windows and margins are in blocks. */
export interface ChannelParams {
  /** Hash of the chain's block 0, hexadecimal, display order. */
  readonly chainHash: string;
  readonly arbitration: Arbitration;
  /** The absolute height at which the channel must be settled. */
  readonly settlementHeight: number;
  /** Blocks that each trader waits for its own outputs of its own commitment. */
  readonly toSelfDelay: PerTrader<number>;
  readonly dustLimitSat: Sat;
  /** What each trader always keeps on its side. */
  readonly reserveMsat: PerTrader<Msat>;
  /** Deliveries in flight at once, 1 to 100. */
  readonly maxInFlight: number;
  readonly bondPolicy: BondPolicy;
  /** Wheeling charge credited to the utility at settlement, millionths of the payment. */
  readonly gridFeePpm: number;
  /** Blocks from the order to its deadline. */
  readonly deliveryWindow: number;
  /** Blocks between a seller's last moment to close alone and the utility's claim. */
  readonly resolutionMargin: number;
  /** Above this much in the utility's hand it asks for a close. */
  readonly utilityMaxExposureMsat: Msat;
  /** Confirmations of the funding transaction before the channel opens. */
  readonly minimumDepth: number;
  /** Blocks that the utility waits for the other side before it signs an arbitrated settlement. */
  readonly contestWindow: number;
}

/** A trader's public keys, 33 bytes each (protocol section 3). */
export interface TraderKeys {
  readonly funding: Uint8Array;
  readonly revocation: Uint8Array;
  readonly payment: Uint8Array;
  readonly delayed: Uint8Array;
}

export interface UtilityKeys {
  readonly funding: Uint8Array;
  readonly payment: Uint8Array;
}

export interface ChannelKeys {
  readonly consumer: TraderKeys;
  readonly producer: TraderKeys;
  readonly utility: UtilityKeys;
}

/** Everything about a channel that its transactions are built from and that never changes. */
export interface Contract {
  readonly params: ChannelParams;
  readonly keys: ChannelKeys;
  readonly contributions: PerRole<Msat>;
  readonly funding: OutPoint;
}

export function capacityMsat(contributions: PerRole<Msat>): Msat {
  return (contributions.consumer + contributions.producer + contributions.utility) as Msat;
}

/** What the opener pays on top of the capacity: 240 sat for the anchor, the rest a fixed fee of about 1 sat/vB (protocol section 2). */
export function commitmentReserveSat(maxInFlight: number): Sat {
  return BigInt(540 + 43 * maxInFlight) as Sat;
}

/** Value of the funding output. The capacity is a whole number of satoshi. */
export function fundingValueSat(contract: Pick<Contract, 'params' | 'contributions'>): Sat {
  return (capacityMsat(contract.contributions) / 1000n +
    commitmentReserveSat(contract.params.maxInFlight)) as Sat;
}

/** The channel id (BOLT 2): the funding transaction's hash with the output index folded into its last two bytes. */
export function channelIdOf(funding: OutPoint): Uint8Array {
  const id = fromHex(funding.txid).reverse();
  id[30] = (id[30] as number) ^ (funding.vout >> 8);
  id[31] = (id[31] as number) ^ (funding.vout & 0xff);
  return concat(id);
}

/** An energy unit in flight: paid for by the buyer, backed by the seller's bond, decided by the lock or the expiry. */
export interface Delivery {
  /** Counts up from 0 in each channel. */
  readonly id: bigint;
  readonly seller: Trader;
  /** The utility's number of this unit in this channel; strictly increasing. */
  readonly unit: bigint;
  readonly energyWh: bigint;
  readonly paymentMsat: Msat;
  readonly bondMsat: Msat;
  /** SHA256 of the preimage that the utility gives out when it was delivered, 32 bytes. */
  readonly lock: Uint8Array;
  /** Height from which the delivery can be forfeited by a round. */
  readonly deadline: number;
  /** Height from which the utility can claim the delivery's output alone. */
  readonly expiry: number;
}

/** The part of a channel's state that its commitment transactions show. */
export interface Balances {
  /** Commitment number, from 0. */
  readonly n: bigint;
  readonly consumerMsat: Msat;
  readonly producerMsat: Msat;
  readonly utilityMsat: Msat;
  readonly deliveries: readonly Delivery[];
}
