import type { Role, Trader } from '../base/role.ts';
import type { Verdict } from '../market/attestation.ts';
import type { MeterReading } from '../market/meter.ts';
import type { Signed } from '../market/statement.ts';
import type { FundingPart } from '../tx/funding.ts';
import type { Message, Update } from '../wire/messages.ts';
import type { Breach, Proposal, Witnesses } from './state.ts';

/** Everything that can happen to a channel: what peers say, what the chain shows, what the application wants. */
export type ChannelEvent = PeerEvent | ChainEvent | ShellEvent | Command;

export type PeerEvent =
  | { readonly type: 'connected'; readonly peer: Role }
  | { readonly type: 'disconnected'; readonly peer: Role }
  | { readonly type: 'messageReceived'; readonly from: Role; readonly message: Message };

/** From the block follower and the monitor. */
export type ChainEvent =
  | { readonly type: 'block'; readonly height: number }
  /** Confirmations of the funding output; 0 after a reorganisation took it out. */
  | { readonly type: 'fundingDepth'; readonly depth: number }
  | { readonly type: 'fundingSpent'; readonly txid: string; readonly spend: string }
  /** A reorganisation took the spend back. */
  | { readonly type: 'fundingUnspent' }
  | { readonly type: 'preimageSeen'; readonly lock: Uint8Array; readonly preimage: Uint8Array }
  /** A revoked commitment is on the chain; said with each block. */
  | { readonly type: 'breach'; readonly breach: Breach }
  | { readonly type: 'resolved' };

/** Answers of the shell to actions. */
export type ShellEvent =
  | { readonly type: 'inputsChecked'; readonly problem: InputProblem | null }
  | { readonly type: 'fundingSigned'; readonly witnesses: Witnesses }
  | { readonly type: 'unitDecided'; readonly verdict: Verdict }
  /** The opening took so many blocks that nobody waits for it any longer. */
  | { readonly type: 'openingExpired'; readonly blocks: number }
  /** The funding transaction can never confirm, or nobody of us needs it to: the channel never was. */
  | { readonly type: 'fundingImpossible' }
  /** The store was copied back from a backup: this state may be old. */
  | { readonly type: 'storeRestored' };

/** Why the others' part of a funding is not taken: their coins, or at the utility a trader's meter. */
export type InputProblem =
  | {
      readonly code: 'inputNotConfirmed' | 'inputMismatch';
      readonly owner: Role;
      readonly outpoint: string;
    }
  | { readonly code: 'meterRefused'; readonly trader: Trader; readonly reason: string };

/** What the application asks for. */
export type Command =
  | { readonly type: 'propose'; readonly proposal: Proposal }
  /** The answer to `reviewOpening`. */
  | {
      readonly type: 'acceptOpening';
      readonly part: FundingPart;
      readonly payoutScript: Uint8Array;
      readonly meter: Uint8Array;
    }
  | { readonly type: 'refuseOpening'; readonly reason: string }
  /** A seller offers units until `until` (Unix seconds). */
  | {
      readonly type: 'offer';
      readonly units: number;
      readonly unitEnergyWh: number;
      readonly minMsatPerWh: bigint;
      readonly until: number;
    }
  /** Buy `units` more, as offers and tariffs allow; 0 stops buying. */
  | { readonly type: 'buy'; readonly units: number }
  | { readonly type: 'update'; readonly update: Update }
  | { readonly type: 'readMeter'; readonly reading: Signed<MeterReading> }
  /** The utility's price for a slot, with locks for `units` units. */
  | {
      readonly type: 'publishTariff';
      readonly slot: number;
      readonly from: number;
      readonly until: number;
      readonly msatPerWh: bigint;
      readonly unitEnergyWh: number;
      readonly units: number;
    }
  /** Close together; `feeRate` in satoshi per 1,000 virtual bytes. Again, with a higher one, to replace the close. */
  | { readonly type: 'close'; readonly payoutScript: Uint8Array | null; readonly feeRate: bigint }
  | { readonly type: 'forceClose' }
  /** Ask the utility to decide how the channel ends, with a transaction on the funding output at this fee. */
  | { readonly type: 'requestArbitration'; readonly feeSat: bigint };
