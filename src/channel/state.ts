import type { Sat } from '../base/amount.ts';
import type { PerTrader, Role, Trader } from '../base/role.ts';
import type { VerdictStatement } from '../dispute/verdict.ts';
import type { Offer } from '../market/offer.ts';
import type { Tariff } from '../market/tariff.ts';
import type { Balances, Contract } from '../tx/contract.ts';
import type { Funding } from '../tx/funding.ts';
import type { PayoutScripts } from '../tx/settlement.ts';
import type { OutPoint, Tx } from '../tx/transaction.ts';
import type {
  MessageOf,
  SignedBody,
  StateProof,
  TraderOpening,
  Update,
  UtilityOpening,
} from '../wire/messages.ts';
import type { ChannelError } from './error.ts';
import type { DeliveryRegister } from './register.ts';
import type { HeldCommitment, Rounds } from './rounds.ts';

/**
 * Where a channel is in its life (README.md of this folder has the picture). Each state has exactly the data
 * that it needs; the whole is plain data and survives the codec of base/json.ts.
 */
export type Channel =
  | Opening
  | AwaitingFunding
  | TraderChannel
  | UtilityChannel
  | Settling
  | Closed
  | Aborted;

/** Nothing is at stake yet: no signature has left this node. */
export type Opening =
  | Fresh
  | Reviewing
  | AwaitingAcceptance
  | AwaitingAgreement
  | CheckingInputs
  | AwaitingFundingSigned
  | AwaitingCosignature
  | SigningFunding;

/** A channel that was just created, on the side that asks or on the side that is asked. */
export interface Fresh {
  readonly type: 'fresh';
  readonly role: Role;
}

/** An opening was proposed to us; the application decides. */
export interface Reviewing {
  readonly type: 'reviewing';
  readonly role: 'producer' | 'utility';
  readonly proposal: Proposal;
}

/** What the consumer proposes to both others. */
export type Proposal = Omit<MessageOf<'open_channel'>, 'type'>;

/** The consumer waits for both answers. */
export interface AwaitingAcceptance {
  readonly type: 'awaitingAcceptance';
  readonly role: 'consumer';
  readonly proposal: Proposal;
  readonly producer: Vouched<TraderOpening> | null;
  readonly utility: Vouched<UtilityOpening> | null;
}

/** What a party brings, and its node key's signature on it: the consumer hands both on, and can change nothing. */
export interface Vouched<T> {
  readonly opening: T;
  readonly voucher: Uint8Array;
}

/** Producer or utility answered and waits for the consumer to bring the three together. */
export interface AwaitingAgreement {
  readonly type: 'awaitingAgreement';
  readonly role: 'producer' | 'utility';
  readonly proposal: Proposal;
  readonly own: Vouched<TraderOpening | UtilityOpening>;
}

/** Everything that the three have agreed on. */
export interface Agreement {
  readonly proposal: Proposal;
  readonly producer: TraderOpening;
  readonly utility: UtilityOpening;
  readonly contract: Contract;
  readonly channelId: Uint8Array;
  readonly funding: Funding;
  readonly vouchers: { readonly producer: Uint8Array; readonly utility: Uint8Array };
}

/** The node asks its chain whether the others' inputs are unspent and confirmed. */
export interface CheckingInputs {
  readonly type: 'checkingInputs';
  readonly role: Role;
  readonly agreement: Agreement;
  /** The producer's commitment 0, signed by the consumer; `null` at the other two. */
  readonly held: HeldCommitment | null;
}

/** The consumer has signed the producer's commitment 0 and waits for its own. */
export interface AwaitingFundingSigned {
  readonly type: 'awaitingFundingSigned';
  readonly role: 'consumer';
  readonly agreement: Agreement;
}

/** The consumer has its commitment 0 and the producer's input signatures. */
export interface AwaitingCosignature {
  readonly type: 'awaitingCosignature';
  readonly role: 'consumer';
  readonly agreement: Agreement;
  readonly held: HeldCommitment;
  readonly producerWitnesses: Witnesses;
}

/** The wallet signs this node's inputs of the funding transaction. */
export interface SigningFunding {
  readonly type: 'signingFunding';
  readonly role: Role;
  readonly agreement: Agreement;
  /** A trader's commitment 0. */
  readonly held: HeldCommitment | null;
  /** What the others' inputs are signed with; empty except at the consumer. */
  readonly witnesses: { readonly producer: Witnesses; readonly utility: Witnesses };
}

/** One witness stack for each of a party's inputs, in the order of the funding transaction. */
export type Witnesses = readonly (readonly Uint8Array[])[];

/** Signed: the channel exists as soon as the funding transaction confirms. */
export interface AwaitingFunding {
  readonly type: 'awaitingFunding';
  readonly role: Role;
  readonly identity: Identity;
  readonly held: HeldCommitment | null;
  readonly points: PerTrader<{ readonly first: Uint8Array; readonly second: Uint8Array }>;
  /** The complete transaction, at the consumer; the others learn it from the chain. */
  readonly fundingTx: Tx | null;
  /** What the funding transaction spends: gone, it can never confirm. Absent in channels of before it was kept. */
  readonly inputs?: readonly OutPoint[];
  readonly depth: number;
  readonly height: number;
  /** Height at which we signed. */
  readonly since: number;
  readonly readyFrom: readonly Role[];
  /** The database was copied back and may be old: no commitment is broadcast until another party shows that it is not. */
  readonly unsure?: true;
}

/** What stays the same from the signing of the funding to the end. */
export interface Identity {
  readonly channelId: Uint8Array;
  readonly contract: Contract;
  readonly payout: PayoutScripts;
  readonly nodeIds: { readonly [R in Role]: Uint8Array };
  /** The traders' meters, 33 bytes each. */
  readonly meters: PerTrader<Uint8Array>;
}

/** A trader's channel from its opening to the moment something reaches the chain. */
export type TraderChannel = Open | ShuttingDown | NegotiatingClose;

/** What the three states of a trader's live channel share. */
export interface Trading {
  readonly role: Trader;
  readonly identity: Identity;
  readonly rounds: Rounds;
  readonly market: Market;
  readonly height: number;
  readonly link: Link;
  /** A proposal that is right as soon as we have seen what the proposer saw (a block, a tariff). */
  readonly premature: MessageOf<'propose_update'> | null;
  /** Units that the application still wants to buy. */
  readonly wantedUnits: number;
  /** Plain payments and cancellations that the application asked for. */
  readonly queue: readonly Update[];
  readonly turn: TurnWish;
  /** The database was copied back and may be old: no commitment is broadcast until another party shows that it is not. */
  readonly unsure?: true;
}

/** Who has asked for the turn and not got it yet. */
export type TurnWish = 'none' | 'asked' | 'wanted';

/** Where the connection to the other trader is. */
export type Link = 'down' | 'reestablishing' | 'up' | 'stale';

export interface Market {
  /** The utility's tariffs that hold or may be in use, newest last. */
  readonly tariffs: readonly Tariff[];
  readonly offers: PerTrader<Offer | null>;
  /** Our own earlier offers that still hold: an order against one may have crossed the offer that replaced it. */
  readonly replaced: readonly Offer[];
  /** Preimages of deliveries in flight, and our height when we learned each. */
  readonly preimages: readonly KnownPreimage[];
  /** Deliveries in flight that the utility said were not delivered. */
  readonly refused: readonly bigint[];
  /** Deliveries in flight that their seller lets the buyer cancel. */
  readonly released: readonly bigint[];
  /** Units below this are not ordered any more: a preimage of one is out. */
  readonly firstFreeUnit: bigint;
  /** What our meter said first, until the utility shows that it knows it: energy counts from there. */
  readonly firstReading: SignedBody | null;
  /** What our meter said last: the utility hears it again after a reconnect. */
  readonly lastReading: SignedBody | null;
}

export interface KnownPreimage {
  readonly id: bigint;
  readonly preimage: Uint8Array;
  readonly since: number;
}

export interface Open extends Trading {
  readonly type: 'open';
}

/** No new orders; what is in flight resolves. */
export interface ShuttingDown extends Trading {
  readonly type: 'shuttingDown';
  readonly initiator: Trader;
  readonly scripts: { readonly own: Uint8Array; readonly remote: Uint8Array | null };
  readonly feeRate: bigint;
  readonly since: number;
}

/** Nothing in flight, both shut down: the closer names a fee. */
export interface NegotiatingClose extends Trading {
  readonly type: 'negotiatingClose';
  readonly initiator: Trader;
  readonly payout: PayoutScripts;
  readonly feeRate: bigint;
  /** The highest fee that we proposed and that we signed for the other side. */
  readonly proposedFeeSat: Sat | null;
  readonly since: number;
  /** Complete close transactions; any of them may confirm. */
  readonly signed: readonly Tx[];
}

/** The utility's side of an open channel. */
export interface UtilityChannel {
  readonly type: 'attesting';
  readonly role: 'utility';
  readonly identity: Identity;
  readonly height: number;
  readonly tariffs: readonly Tariff[];
  readonly register: DeliveryRegister;
  /** The highest state that each trader has proved, newest last; what the utility claims from. */
  readonly proofs: readonly StateProof[];
  readonly arbitration: ArbitrationCase | null;
}

/** A trader asked for an end by the utility; the other side has until `until` to prove a higher state. */
export interface ArbitrationCase {
  readonly claimant: Trader;
  readonly proof: StateProof;
  readonly feeSat: Sat;
  /** The most that we let it cost, as we saw it when the case was opened. */
  readonly maxFeeSat: Sat;
  readonly openedAt: number;
  readonly until: number;
  /** What the traders showed since, sound or not. */
  readonly proofs: readonly StateProof[];
  readonly readings: readonly { readonly from: Trader; readonly signed: SignedBody }[];
  readonly verdict: SignedVerdict | null;
}

/** The utility's decision, and the state that it ends. */
export interface SignedVerdict {
  readonly statement: VerdictStatement;
  readonly signed: SignedBody;
  readonly balances: Balances;
}

/** Secrets that traders showed, not verified. */
export type ShownSecrets = { readonly [T in Trader]?: { readonly n: bigint; readonly secret: Uint8Array } };

/** Something of ours is on its way to the chain, or there; the monitor follows it. */
export interface Settling {
  readonly type: 'settling';
  readonly role: Role;
  readonly identity: Identity;
  readonly why: SettlingReason;
  readonly height: number;
  /** A trader's rounds as they were; its own commitment can be completed from them. */
  readonly rounds: Rounds | null;
  readonly market: Market;
  readonly utility: Pick<UtilityChannel, 'register' | 'proofs' | 'tariffs' | 'arbitration'> | null;
  /** The confirmed spend of the funding output, if there is one. */
  readonly spentBy: string | null;
  /** What we broadcast or co-signed, to be submitted again until one of them confirms. */
  readonly candidates: readonly { readonly tx: Tx; readonly purpose: BroadcastPurpose }[];
  /** An end by the utility that a trader waits for: the fee it asked for, and the height at which it waits no longer. */
  readonly claim: ArbitrationClaim | null;
  /** The database was copied back and may be old: no commitment is broadcast until another party shows that it is not. */
  readonly unsure?: true;
  /** With our data lost: the highest state of the other trader that the utility has shown us. */
  readonly shown?: StateProof;
  /** A revoked commitment that is on the chain. */
  readonly breach: Breach | null;
  /**
   * At the utility, by who showed it: the other trader's secret of a commitment, which proves that it is revoked if the one
   * on the chain can be rebuilt with it.
   */
  readonly shownSecrets?: ShownSecrets;
}

/** A revoked commitment on the chain, and the preimages that its victim needs. */
export interface Breach {
  readonly n: bigint;
  /** `null` to a utility that cannot tell. */
  readonly broadcaster: Trader | null;
  /** Units that the victim sold: to it those whose preimage it lacks, to the utility those that it reveals. */
  readonly units: readonly { readonly unit: bigint; readonly lock: Uint8Array }[];
}

export interface ArbitrationClaim {
  /** Our height when we asked, or heard of it. */
  readonly requestedAt: number;
  /** `null` when the other trader asked. */
  readonly feeSat: Sat | null;
  readonly giveUpAt: number;
}

export type BroadcastPurpose = 'funding' | 'close' | 'commitment' | 'penalty';

export type SettlingReason =
  | { readonly code: 'closed' }
  | { readonly code: 'requested' }
  | { readonly code: 'spent'; readonly txid: string; readonly spend: string }
  | { readonly code: 'deliveryUnpaid'; readonly id: bigint }
  | { readonly code: 'deliveryUnanswered'; readonly id: bigint }
  /** The buyer has our acceptance of an order and does not revoke: it could publish the order after its deadline. */
  | { readonly code: 'orderUnconfirmed'; readonly id: bigint }
  | { readonly code: 'settlementHeightNear'; readonly height: number }
  | { readonly code: 'closeUnanswered' }
  | { readonly code: 'arbitrationRequested' }
  /** The utility decided a dispute that the other trader brought. */
  | { readonly code: 'verdict'; readonly n: bigint }
  /** The utility signed a verdict against what we know. */
  | { readonly code: 'badVerdict'; readonly reason: string }
  | { readonly code: 'peerFailed'; readonly message: string }
  | { readonly code: 'dataLost'; readonly n: bigint }
  | { readonly code: 'protocolError'; readonly error: ChannelError };

/** Everything is resolved as deep as the node asks. */
export interface Closed {
  readonly type: 'closed';
  readonly role: Role;
  readonly identity: Identity;
  readonly why: SettlingReason;
}

/** The opening failed before anything was signed away. */
export interface Aborted {
  readonly type: 'aborted';
  readonly role: Role;
  readonly why: ChannelError;
}
