import type { Msat } from '../base/amount.ts';
import type { Role, Trader } from '../base/role.ts';
import type { VerdictStatement } from '../dispute/verdict.ts';
import type { UnitOrder } from '../market/attestation.ts';
import type { VerifiedReading } from '../market/meter.ts';
import type { Offer } from '../market/offer.ts';
import type { Tariff } from '../market/tariff.ts';
import type { Delivery } from '../tx/contract.ts';
import type { Funding, ProvenInput } from '../tx/funding.ts';
import type { StateProof } from '../tx/stateProof.ts';
import type { Tx } from '../tx/transaction.ts';
import type { Message, SignedBody, Update } from '../wire/messages.ts';
import type { ChannelError } from './error.ts';
import type { Ending } from './register.ts';
import type { BroadcastPurpose, Proposal, SettlingReason } from './state.ts';

/** What the shell is to do, after the state was stored; each may be done again after a crash without harm. */
export type ChannelAction =
  | { readonly type: 'send'; readonly to: Role; readonly message: Message }
  /** Decide on a proposed opening, then `acceptOpening` or `refuseOpening`. */
  | { readonly type: 'reviewOpening'; readonly proposal: Proposal }
  /** Ask the chain whether the inputs are confirmed and unspent, then `inputsChecked`. */
  | { readonly type: 'checkInputs'; readonly inputs: readonly ProvenInput[] }
  /** Have the wallet sign our inputs, then `fundingSigned`. */
  | { readonly type: 'signFunding'; readonly funding: Funding }
  /** The opening failed: the coins that were set aside for it are free again. */
  | { readonly type: 'releaseCoins' }
  | { readonly type: 'watchFunding' }
  | { readonly type: 'broadcast'; readonly tx: Tx; readonly purpose: BroadcastPurpose }
  /** A unit is ordered: from now on its energy counts. At the utility. */
  | { readonly type: 'orderUnit'; readonly order: UnitOrder; readonly meter: Uint8Array }
  | {
      readonly type: 'cancelUnit';
      readonly channelId: Uint8Array;
      readonly unit: bigint;
      readonly meter: Uint8Array;
    }
  /** A meter's reading was checked. At the utility. */
  | { readonly type: 'meterRead'; readonly reading: VerifiedReading; readonly meter: Uint8Array }
  | { readonly type: 'notify'; readonly notice: Notice };

/** What the application is told. */
export type Notice =
  | { readonly type: 'opened' }
  /** The funding transaction is not in the chain, and our coins are no longer set aside for it. */
  | { readonly type: 'fundingUnconfirmed' }
  | { readonly type: 'aborted'; readonly why: ChannelError }
  | { readonly type: 'tariff'; readonly tariff: Tariff }
  | { readonly type: 'offer'; readonly offer: Offer }
  /** The order is final for us. A seller delivers from here on, not before. */
  | { readonly type: 'unitOrdered'; readonly delivery: Delivery }
  | { readonly type: 'unitAttested'; readonly unit: bigint }
  | { readonly type: 'unitRefused'; readonly unit: bigint }
  | { readonly type: 'unitSettled'; readonly delivery: Delivery; readonly gridFeeMsat: Msat }
  | { readonly type: 'unitForfeited'; readonly delivery: Delivery }
  /** The seller lets us cancel the unit. */
  | { readonly type: 'unitReleased'; readonly delivery: Delivery }
  | { readonly type: 'unitCancelled'; readonly delivery: Delivery }
  | { readonly type: 'closeRequested'; readonly exposureMsat: Msat }
  | { readonly type: 'settling'; readonly why: SettlingReason }
  /** A revoked commitment is on the chain; the utility cannot always tell whose. A trader that was cheated claims what it can. */
  | { readonly type: 'breach'; readonly n: bigint; readonly broadcaster: Trader | null }
  /** The utility revealed the preimage of a unit of a revoked state that we sold. */
  | { readonly type: 'preimageRevealed'; readonly unit: bigint }
  | { readonly type: 'arbitrationOpened'; readonly n: bigint; readonly until: number }
  | { readonly type: 'arbitrationRefused'; readonly n: bigint; readonly reason: string }
  /** The utility decided the dispute. At all three. */
  | { readonly type: 'verdict'; readonly statement: VerdictStatement }
  /** The utility did not answer in time, or our delivery cannot wait: our commitment goes to the chain. */
  | { readonly type: 'arbitrationGivenUp'; readonly height: number }
  | { readonly type: 'closed' }
  /** Something asked for, by the application or by a peer, that was not done; `update` where it is a wish of the application. */
  | { readonly type: 'refused'; readonly error: ChannelError; readonly update?: Update };

/** What is only ever appended: kept for disputes, breaches and receipts, never rewritten. */
export type ChannelRecord =
  /** The counterparty's commitment `n` to this state is revoked. */
  | {
      readonly type: 'revoked';
      readonly n: bigint;
      readonly consumerMsat: Msat;
      readonly producerMsat: Msat;
      readonly utilityMsat: Msat;
      readonly deliveries: readonly Delivery[];
    }
  /** The utility's signed word on a unit. */
  | { readonly type: 'statement'; readonly unit: bigint; readonly signed: SignedBody }
  /** A preimage that came with a settlement, or that the utility revealed after a breach. */
  | { readonly type: 'preimage'; readonly unit: bigint; readonly preimage: Uint8Array }
  /** How a unit ended. A trader keeps forfeits only, the utility all that it did not attest. */
  | { readonly type: 'ended'; readonly unit: bigint; readonly lock: Uint8Array; readonly how: Ending }
  /** A state that a trader proved to the utility, and a later one took the place of. */
  | { readonly type: 'proved'; readonly proof: StateProof }
  /** The utility's decision of a dispute; `evidence` is the file that it rests on, at the utility. */
  | { readonly type: 'verdict'; readonly signed: SignedBody; readonly evidence: Uint8Array | null };
