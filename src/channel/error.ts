import type { Role, Trader } from '../base/role.ts';
import type { FundingError } from '../tx/funding.ts';
import type { FeeTooHigh } from '../tx/settlement.ts';
import type { UpdateError } from './ledger.ts';
import type { ParamError } from './params.ts';
import type { ReestablishError, RoundError } from './rounds.ts';

/** Everything that a peer or the application can do wrong to a channel: a code and the offending values. */
export type ChannelError =
  | ParamError
  | FundingError
  | FeeTooHigh
  | UpdateError
  | RoundError
  | ReestablishError
  | {
      readonly code: 'unexpectedMessage';
      readonly message: string;
      readonly from: Role;
      readonly state: string;
    }
  | { readonly code: 'unexpectedCommand'; readonly command: string; readonly state: string }
  | { readonly code: 'badKey'; readonly from: Role; readonly field: string }
  | { readonly code: 'duplicateKey'; readonly from: Role; readonly field: string }
  /** Not the node that the proposal named for this role. */
  | { readonly code: 'wrongNodeId'; readonly from: Role }
  | { readonly code: 'badVoucher'; readonly from: Role }
  | { readonly code: 'badPayoutScript'; readonly from: Role; readonly script: string }
  | { readonly code: 'fundingMismatch'; readonly expected: string; readonly received: string }
  | {
      readonly code: 'wrongWitnessCount';
      readonly from: Role;
      readonly count: number;
      readonly expected: number;
    }
  | { readonly code: 'inputNotConfirmed'; readonly owner: Role; readonly outpoint: string }
  | { readonly code: 'inputMismatch'; readonly owner: Role; readonly outpoint: string }
  | { readonly code: 'refused'; readonly by: Role; readonly reason: string }
  | { readonly code: 'meterRefused'; readonly trader: Trader; readonly reason: string }
  | { readonly code: 'connectionLost'; readonly peer: Role }
  | { readonly code: 'openingTooSlow'; readonly blocks: number }
  | { readonly code: 'fundingImpossible' }
  | { readonly code: 'badTariff'; readonly reason: string }
  | { readonly code: 'tariffOverlaps'; readonly firstUnit: bigint; readonly lowest: bigint }
  | { readonly code: 'badOffer'; readonly reason: string }
  | { readonly code: 'badReading'; readonly reason: string }
  | { readonly code: 'badStatement'; readonly unit: bigint; readonly reason: string }
  | { readonly code: 'badStateProof'; readonly reason: string }
  /** A trader ordered a unit of a tariff that we have published and do not know: our database is an old copy. */
  | { readonly code: 'oldCopy'; readonly unit: bigint }
  | { readonly code: 'badCloseSignature'; readonly feeSat: bigint }
  | { readonly code: 'feeNotRaised'; readonly feeSat: bigint; readonly previousSat: bigint }
  | { readonly code: 'tooManyCloses'; readonly limit: number }
  /** The peer came back that often without having accepted what we proposed. */
  | { readonly code: 'neverAccepted'; readonly limit: number }
  | { readonly code: 'feeTooLow'; readonly feeSat: bigint; readonly leastSat: bigint }
  | { readonly code: 'feeRateTooLow'; readonly feeRate: bigint; readonly least: bigint }
  | { readonly code: 'badFee'; readonly feeSat: bigint }
  | { readonly code: 'unknownUnit'; readonly unit: bigint }
  | BadVerdict;

/** A verdict of the utility that we do not take. */
export interface BadVerdict {
  readonly code: 'badVerdict';
  readonly reason: string;
  /** The utility signed it, against what we know: nothing good comes of waiting. */
  readonly contradicted: boolean;
}
