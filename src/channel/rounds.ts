import { equalBytes } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';
import { err, ok, type Result } from '../base/result.ts';
import { counterpartyOf, type Trader } from '../base/role.ts';
import { revocationPublicKey } from '../crypto/revocation.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import {
  EMPTY_SECRETS,
  insertSecret,
  lookupSecret,
  MAX_COMMITMENT_NUMBER,
  type SecretStore,
  shachainIndex,
} from '../crypto/shachain.ts';
import { buildCommitment } from '../tx/commitment.ts';
import type { Contract, Delivery } from '../tx/contract.ts';
import { provesApart, stateHash } from '../tx/stateProof.ts';
import type { MessageOf, Update } from '../wire/messages.ts';
import type { Ledger } from './ledger.ts';
import { fundingSighash } from './localSigner.ts';
import type { CommitmentSignatures, TraderSigner } from './signer.ts';

/**
 * How a state is replaced (protocol section 7). Each side's newest commitment has the number of `held`; the
 * phase says what is under way.
 */
export interface Rounds {
  /** Whose turn it is: the consumer's when even, the producer's when odd. */
  readonly turn: bigint;
  /** Our newest commitment: everything before it is revoked. */
  readonly held: HeldCommitment;
  /** The counterparty's points of its commitments `held.ledger.n` (or, while accepting, the one before) and the next. */
  readonly remotePoint: Uint8Array;
  readonly remoteNextPoint: Uint8Array;
  /** The counterparty's revealed secrets. */
  readonly remoteSecrets: SecretStore;
  readonly phase: RoundPhase;
  /**
   * Proposals of ours that were taken back before they were accepted. The counterparty has our signature on its
   * commitment to each until it revokes the state of the same number.
   */
  readonly withdrawn: readonly Ledger[];
}

/** A state of the channel with the counterparty's signature on our commitment to it. */
export interface HeldCommitment {
  readonly ledger: Ledger;
  readonly remoteSignature: Uint8Array;
  /** The counterparty's signature that proves the state to the utility; `null` where `remoteSignature` does. */
  readonly stateSignature: Uint8Array | null;
}

export type RoundPhase =
  | { readonly type: 'idle' }
  /** We proposed `next` and signed the counterparty's commitment to it, which it may hold by now. */
  | { readonly type: 'proposing'; readonly next: Ledger; readonly message: MessageOf<'propose_update'> }
  /** We accepted: `held` is the new state, `previous` the one that the counterparty has not revoked yet. */
  | {
      readonly type: 'accepting';
      readonly previous: Ledger;
      readonly updates: readonly Update[];
      readonly message: MessageOf<'accept_update'>;
    };

export type RoundError =
  | {
      readonly code: 'outOfTurn';
      readonly message: string;
      readonly turn: bigint;
      readonly phase: RoundPhase['type'];
    }
  | { readonly code: 'wrongNumber'; readonly message: string; readonly n: bigint; readonly expected: bigint }
  | { readonly code: 'badCommitmentSignature'; readonly n: bigint }
  | { readonly code: 'wrongSecret'; readonly n: bigint }
  | { readonly code: 'badPoint'; readonly n: bigint };

/** What rounds need besides their own state. */
export interface RoundContext {
  readonly secp: Secp256k1;
  readonly signer: TraderSigner;
  readonly contract: Contract;
  readonly channelId: Uint8Array;
  readonly role: Trader;
}

/** The state right after the opening: commitment 0 on both sides. */
export function initialRounds(
  held: HeldCommitment,
  remotePoint: Uint8Array,
  remoteNextPoint: Uint8Array,
): Rounds {
  return {
    turn: 0n,
    held,
    remotePoint,
    remoteNextPoint,
    remoteSecrets: EMPTY_SECRETS,
    phase: { type: 'idle' },
    withdrawn: [],
  };
}

export function turnHolder({ turn }: Rounds): Trader {
  return holderOf(turn);
}

function holderOf(turn: bigint): Trader {
  return turn % 2n === 0n ? 'consumer' : 'producer';
}

/** Opens a round with `next`, the state after `updates`. The caller holds the turn and nothing is open. */
export function propose(
  context: RoundContext,
  rounds: Rounds,
  updates: readonly Update[],
  next: Ledger,
): { readonly rounds: Rounds; readonly message: MessageOf<'propose_update'> } {
  const { signer, contract, channelId, role } = context;
  const signed = signer.signCommitment(contract, next, counterpartyOf(role), rounds.remoteNextPoint);
  const message = { type: 'propose_update', channelId, n: next.n, updates, ...signed } as const;
  return { rounds: { ...rounds, phase: { type: 'proposing', next, message } }, message };
}

/** Whether a proposal is in its place: the counterparty's turn, nothing open, the next number. */
export function checkProposal(
  context: RoundContext,
  rounds: Rounds,
  message: MessageOf<'propose_update'>,
): RoundError | undefined {
  const { turn, phase, held } = rounds;
  if (turnHolder(rounds) === context.role || phase.type !== 'idle')
    return { code: 'outOfTurn', message: message.type, turn, phase: phase.type };
  const expected = held.ledger.n + 1n;
  if (message.n !== expected) return { code: 'wrongNumber', message: message.type, n: message.n, expected };
  return undefined;
}

/** Takes the counterparty's proposal of `next`: our new commitment is signed, so the old one is given up. */
export function accept(
  context: RoundContext,
  rounds: Rounds,
  message: MessageOf<'propose_update'>,
  next: Ledger,
): Result<{ readonly rounds: Rounds; readonly message: MessageOf<'accept_update'> }, RoundError> {
  const { signer, contract, channelId, role } = context;
  if (!verifiesOwnCommitment(context, next, message))
    return err({ code: 'badCommitmentSignature', n: next.n });
  const answer = {
    type: 'accept_update',
    channelId,
    n: next.n,
    ...signer.signCommitment(contract, next, counterpartyOf(role), rounds.remoteNextPoint),
    secret: signer.releaseSecret(next.n - 1n),
    nextPoint: signer.point(next.n + 1n),
  } as const;
  const held = heldBy(next, message);
  const { updates } = message;
  const phase = { type: 'accepting', previous: rounds.held.ledger, updates, message: answer } as const;
  return ok({ rounds: { ...rounds, held, phase }, message: answer });
}

/** Proposals that are taken back at most before one of them is revoked: each is one more commitment that the peer may publish. */
export const MAX_WITHDRAWN = 32;

/** Takes our open proposal back. Only right after the counterparty has said, by its number, that it did not accept it. */
export function withdraw(rounds: Rounds): Rounds {
  const { phase, withdrawn } = rounds;
  invariant(phase.type === 'proposing', 'only a proposal is taken back');
  return { ...rounds, phase: { type: 'idle' }, withdrawn: [...withdrawn, phase.next] };
}

/** The states that are revoked together with the counterparty's state `n`, and the rounds without them. */
export function forgetWithdrawn(
  rounds: Rounds,
  n: bigint,
): { readonly rounds: Rounds; readonly revoked: readonly Ledger[] } {
  const revoked = rounds.withdrawn.filter((ledger) => ledger.n === n);
  if (revoked.length === 0) return { rounds, revoked };
  return { rounds: { ...rounds, withdrawn: rounds.withdrawn.filter((ledger) => ledger.n !== n) }, revoked };
}

/** A commitment that the counterparty can still broadcast without being punished. */
export interface RemoteCommitment {
  readonly standing: 'peerLatest' | 'peerNext';
  readonly ledger: Ledger;
  /** The counterparty's per-commitment point of that state. */
  readonly point: Uint8Array;
}

/** All that the counterparty may broadcast: its newest state, the one under way, and what we took back and it has not revoked. */
export function remoteCommitments(rounds: Rounds): readonly RemoteCommitment[] {
  const { held, phase, remotePoint, remoteNextPoint, withdrawn } = rounds;
  const latest = phase.type === 'accepting' ? phase.previous : held.ledger;
  const next = phase.type === 'accepting' ? [held.ledger] : phase.type === 'proposing' ? [phase.next] : [];
  return [
    { standing: 'peerLatest', ledger: latest, point: remotePoint },
    ...[...next, ...withdrawn].map((ledger) => ({
      standing: 'peerNext' as const,
      ledger,
      point: ledger.n === latest.n ? remotePoint : remoteNextPoint,
    })),
  ];
}

/** What is in flight, also in the state that the counterparty can still broadcast because it has not revoked it. */
export function atStake({ held, phase }: Rounds): readonly Delivery[] {
  const { deliveries } = held.ledger;
  if (phase.type !== 'accepting') return deliveries;
  const before = phase.previous.deliveries.filter(({ id }) => !deliveries.some((each) => each.id === id));
  return [...before, ...deliveries];
}

/** Our newest state with the counterparty's signature on it: what the utility meters and claims by. */
export function stateProof(
  { signer, channelId, role }: RoundContext,
  { held }: Rounds,
): MessageOf<'state_proof'> {
  const { n, consumerMsat, producerMsat, utilityMsat, deliveries } = held.ledger;
  return {
    type: 'state_proof',
    channelId,
    proof: {
      broadcaster: role,
      ledger: { n, consumerMsat, producerMsat, utilityMsat, deliveries },
      point: signer.point(n),
      signature: held.stateSignature ?? held.remoteSignature,
    },
  };
}

/** Takes the answer to our proposal: our new commitment is signed and the counterparty's old one revoked. */
export function finish(
  context: RoundContext,
  rounds: Rounds,
  message: MessageOf<'accept_update'>,
): Result<{ readonly rounds: Rounds; readonly message: MessageOf<'revoke'> }, RoundError> {
  const { phase } = rounds;
  if (phase.type !== 'proposing')
    return err({ code: 'outOfTurn', message: message.type, turn: rounds.turn, phase: phase.type });
  const { next } = phase;
  if (message.n !== next.n)
    return err({ code: 'wrongNumber', message: message.type, n: message.n, expected: next.n });
  const shifted = shiftRemote(context, rounds, message, next.n);
  if (!shifted.ok) return shifted;
  if (!verifiesOwnCommitment(context, next, message))
    return err({ code: 'badCommitmentSignature', n: next.n });
  return ok({
    rounds: {
      ...shifted.value,
      held: heldBy(next, message),
      phase: { type: 'idle' },
    },
    message: revokeMessage(context, next.n),
  });
}

/** Takes the proposer's secret: the round is over on both sides. */
export function conclude(
  context: RoundContext,
  rounds: Rounds,
  message: MessageOf<'revoke'>,
): Result<Rounds, RoundError> {
  const { phase, held } = rounds;
  if (phase.type !== 'accepting')
    return err({ code: 'outOfTurn', message: message.type, turn: rounds.turn, phase: phase.type });
  if (message.n !== held.ledger.n)
    return err({ code: 'wrongNumber', message: message.type, n: message.n, expected: held.ledger.n });
  const shifted = shiftRemote(context, rounds, message, held.ledger.n);
  return shifted.ok ? ok({ ...shifted.value, phase: { type: 'idle' } }) : shifted;
}

/** The proposer's last word of round `n`; the same bytes each time. */
function revokeMessage({ signer, channelId }: RoundContext, n: bigint): MessageOf<'revoke'> {
  return {
    type: 'revoke',
    channelId,
    n,
    secret: signer.releaseSecret(n - 1n),
    nextPoint: signer.point(n + 1n),
  };
}

/** Our commitment number, the proof of what we hold of the counterparty's, and our turn. */
export function reestablishMessage(context: RoundContext, rounds: Rounds): MessageOf<'reestablish'> {
  const held = secretsHeld(rounds);
  return {
    type: 'reestablish',
    channelId: context.channelId,
    n: rounds.held.ledger.n,
    secretsHeld: held,
    lastSecret:
      held === 0n
        ? new Uint8Array(32)
        : (lookupSecret(rounds.remoteSecrets, shachainIndex(held - 1n)) as Uint8Array),
    nextPoint: context.signer.point(rounds.held.ledger.n + 1n),
    turn: rounds.turn,
  };
}

/** How many of the counterparty's commitments, from 0 on, are revoked to us. */
export function secretsHeld({ phase, held }: Rounds): bigint {
  return phase.type === 'accepting' ? held.ledger.n - 1n : held.ledger.n;
}

export type Reestablished =
  | { readonly type: 'resume'; readonly rounds: Rounds; readonly messages: readonly ReplayedMessage[] }
  /** The counterparty proves a state that we do not have: our data is old, and our commitments are revoked. */
  | { readonly type: 'dataLost'; readonly n: bigint };

export type ReplayedMessage = MessageOf<'propose_update'> | MessageOf<'accept_update'> | MessageOf<'revoke'>;

export type ReestablishError =
  | {
      readonly code: 'reestablishImpossible';
      readonly remoteN: bigint;
      readonly remoteSecretsHeld: bigint;
      readonly ownN: bigint;
    }
  | { readonly code: 'wrongSecretProof'; readonly secretsHeld: bigint }
  | { readonly code: 'wrongTurn'; readonly turn: bigint; readonly ownTurn: bigint };

/**
 * What to say again after a reconnect (protocol section 7): our acceptance if the counterparty is one number
 * behind; else our secret if it lacks it, and after it our proposal if one is open.
 */
export function reestablish(
  context: RoundContext,
  rounds: Rounds,
  message: MessageOf<'reestablish'>,
): Result<Reestablished, ReestablishError> {
  const { secretsHeld, turn } = message;
  if (!provesSecrets(context, message)) return err({ code: 'wrongSecretProof', secretsHeld });
  // the counterparty holds a secret of a commitment that we take for current: we have lost data
  if (secretsHeld > rounds.held.ledger.n) return ok({ type: 'dataLost', n: secretsHeld });
  const messages = saidAgain(context, rounds, message);
  if (messages === undefined)
    return err({
      code: 'reestablishImpossible',
      remoteN: message.n,
      remoteSecretsHeld: secretsHeld,
      ownN: rounds.held.ledger.n,
    });
  if (!turnFits(rounds, context.role, turn)) return err({ code: 'wrongTurn', turn, ownTurn: rounds.turn });
  return ok({
    type: 'resume',
    rounds: { ...rounds, turn: turn > rounds.turn ? turn : rounds.turn },
    messages,
  });
}

/** `undefined` when no loss of messages leads to where the counterparty says it is. */
function saidAgain(
  context: RoundContext,
  { held, phase }: Rounds,
  { n, secretsHeld }: MessageOf<'reestablish'>,
): readonly ReplayedMessage[] | undefined {
  const own = held.ledger.n;
  const lacksSecret = secretsHeld === own - 1n;
  if (phase.type === 'accepting' && n === own - 1n) return lacksSecret ? [phase.message] : undefined;
  if (phase.type === 'proposing' && n === own + 1n) return secretsHeld === own ? [] : undefined;
  if (n !== own) return undefined;
  const proposal = phase.type === 'proposing' ? [phase.message] : [];
  if (secretsHeld === own) return proposal;
  // with our acceptance the counterparty got our secret as well
  if (!lacksSecret || phase.type === 'accepting') return undefined;
  return [revokeMessage(context, own), ...proposal];
}

/** Turns differ by one at most, when the one that gave its turn away was not heard. */
function turnFits({ turn }: Rounds, role: Trader, remote: bigint): boolean {
  if (remote === turn + 1n) return holderOf(turn) !== role;
  if (remote === turn - 1n) return holderOf(remote) === role;
  return remote === turn;
}

/**
 * Whether the secret that the counterparty shows is ours, of the number that it claims. Our side of the comparison is
 * the public point: the signer is never asked for a secret that it has not given out before.
 */
function provesSecrets({ secp, signer }: RoundContext, message: MessageOf<'reestablish'>): boolean {
  const { secretsHeld, lastSecret } = message;
  if (secretsHeld === 0n) return true;
  if (secretsHeld > MAX_COMMITMENT_NUMBER || !secp.isSecretKey(lastSecret)) return false;
  return equalBytes(secp.publicKey(lastSecret), signer.point(secretsHeld - 1n));
}

/** The counterparty gave up commitment `n - 1` and named its point `n + 1`. */
function shiftRemote(
  { secp }: RoundContext,
  rounds: Rounds,
  message: { readonly secret: Uint8Array; readonly nextPoint: Uint8Array },
  n: bigint,
): Result<Rounds, RoundError> {
  const { secret, nextPoint } = message;
  if (!secp.isSecretKey(secret) || !equalBytes(secp.publicKey(secret), rounds.remotePoint))
    return err({ code: 'wrongSecret', n: n - 1n });
  const stored = insertSecret(rounds.remoteSecrets, shachainIndex(n - 1n), secret);
  if (!stored.ok) return err({ code: 'wrongSecret', n: n - 1n });
  if (!secp.isPublicKey(nextPoint)) return err({ code: 'badPoint', n: n + 1n });
  return ok({
    ...rounds,
    remotePoint: rounds.remoteNextPoint,
    remoteNextPoint: nextPoint,
    remoteSecrets: stored.value,
  });
}

/** Whether these are the counterparty's signatures on our commitment to `ledger`: all that its kind of channel asks for, and no more. */
export function verifiesOwnCommitment(
  context: RoundContext,
  ledger: Ledger,
  { signature, stateSignature }: CommitmentSignatures,
): boolean {
  const { secp, signer, contract, role } = context;
  const counterparty = contract.keys[counterpartyOf(role)];
  const revocation = revocationPublicKey(secp, counterparty.revocation, signer.point(ledger.n));
  const { tx } = buildCommitment(contract, ledger, role, revocation);
  if (!secp.verify(fundingSighash(contract, tx), counterparty.funding, signature)) return false;
  if (stateSignature === null) return !provesApart(contract);
  return provesApart(contract) && secp.verify(stateHash(contract, tx), counterparty.funding, stateSignature);
}

/** Our commitment to `ledger` with the counterparty's signatures, once they are verified. */
export function heldBy(ledger: Ledger, { signature, stateSignature }: CommitmentSignatures): HeldCommitment {
  return { ledger, remoteSignature: signature, stateSignature };
}
