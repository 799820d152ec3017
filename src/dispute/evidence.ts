import type { Sat } from '../base/amount.ts';
import type { PerRole, PerTrader, Role, Trader } from '../base/role.ts';
import type { DeliveryStatement } from '../market/deliveryStatement.ts';
import type { MeterReading } from '../market/meter.ts';
import type { Signed } from '../market/statement.ts';
import type { Contract } from '../tx/contract.ts';
import type { PayoutScripts } from '../tx/settlement.ts';
import type { StateProof } from '../tx/stateProof.ts';

/** What the three agreed on when the channel opened, as far as a dispute needs it. */
export interface DisputedChannel {
  readonly contract: Contract;
  /** 32 bytes. */
  readonly channelId: Uint8Array;
  /** Node ids, 33 bytes each: the utility's signs statements and verdicts. */
  readonly nodeIds: PerRole<Uint8Array>;
  /** The traders' meters, 33 bytes each. */
  readonly meters: PerTrader<Uint8Array>;
  /** Certified export capacity of each meter, Wh per hour. */
  readonly capacityWhPerHour: PerTrader<bigint>;
  readonly payout: PayoutScripts;
}

/** What one trader asked for. */
export interface Claim {
  readonly claimant: Trader;
  readonly proof: StateProof;
  readonly feeSat: Sat;
  /** The utility's height when it opened the case. */
  readonly openedAt: number;
  /** The most that the utility lets the transaction cost. */
  readonly maxFeeSat: Sat;
}

/** A reading as a trader showed it. */
export interface ShownReading {
  readonly from: Trader;
  readonly signed: Signed<MeterReading>;
}

/** Header time of the block at a height, Unix seconds. */
export interface BlockTime {
  readonly height: number;
  readonly time: number;
}

/** Everything that a verdict rests on. Nothing in it is believed before it is checked. */
export interface Evidence {
  readonly channel: DisputedChannel;
  readonly claim: Claim;
  /** States that either side proved, besides the claim's. */
  readonly proofs: readonly StateProof[];
  /** In the order in which they were shown. */
  readonly readings: readonly ShownReading[];
  /** What the utility said of units, also of other channels of the same meters. */
  readonly statements: readonly Signed<DeliveryStatement>[];
  /** Times of the deadlines, as far as they are known. */
  readonly deadlineTimes: readonly BlockTime[];
  /** The height at which it is judged. */
  readonly height: number;
}

/** What someone did wrong, and the values that show it. `against` is whose fault it is. */
export type Finding = { readonly against: Role } & (
  | { readonly code: 'staleState'; readonly n: bigint; readonly highestProved: bigint }
  | { readonly code: 'forgedProof'; readonly n: bigint; readonly reason: string }
  /** The claimant bought this and claims against it; the utility attested it. */
  | { readonly code: 'deliveryAttested'; readonly id: bigint; readonly unit: bigint }
  | { readonly code: 'feeTooHigh'; readonly feeSat: Sat; readonly availableSat: Sat }
  | { readonly code: 'forgedReading'; readonly sequence: bigint; readonly reason: string }
  | { readonly code: 'replayedReading'; readonly sequence: bigint; readonly previous: bigint }
  | { readonly code: 'readingBackwards'; readonly sequence: bigint; readonly what: ReadingField }
  | {
      readonly code: 'readingAboveCapacity';
      readonly sequence: bigint;
      readonly exportedWh: bigint;
      readonly allowedWh: bigint;
    }
  /** Not signed by the utility, so nobody's word; `against` is who gains by it, the unit's seller or buyer, or the utility. */
  | { readonly code: 'forgedStatement'; readonly unit: bigint }
  | { readonly code: 'statementAgainstReadings'; readonly unit: bigint; readonly reason: string }
  | { readonly code: 'contradictoryStatements'; readonly unit: bigint }
  | { readonly code: 'refusalContradicted'; readonly unit: bigint; readonly sequence: bigint }
  | { readonly code: 'attestedTwice'; readonly unit: bigint; readonly otherUnit: bigint }
);

export type ReadingField = 'time' | 'importWh' | 'exportWh';
export type FindingCode = Finding['code'];
