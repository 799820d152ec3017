import { toHex } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';
import { counterpartyOf, type PerTrader, TRADERS, type Trader } from '../base/role.ts';
import type { DeliveryRegister } from '../channel/register.ts';
import { type Rounds, remoteCommitments, secretsHeld } from '../channel/rounds.ts';
import type { TraderSigner } from '../channel/signer.ts';
import type { ArbitrationCase, Channel, Identity, ShownSecrets } from '../channel/state.ts';
import type { Context } from '../channel/step.ts';
import { revocationPublicKey } from '../crypto/revocation.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import { lookupSecret, shachainIndex } from '../crypto/shachain.ts';
import type { Knowledge, KnownCommitment } from '../penalty/knowledge.ts';
import type { Delivery } from '../tx/contract.ts';
import { txid } from '../tx/transaction.ts';
import type { StateProof } from '../wire/messages.ts';
import { type BreachFile, deliveriesIn } from './breachFile.ts';

/**
 * What the monitor must know of a channel, taken from the channel's state; `undefined` while nothing is funded.
 *
 * @param file what the records say of the revoked commitment on the chain, if there is one
 */
export function knowledgeOf(channel: Channel, context: Context, file?: BreachFile): Knowledge | undefined {
  if (!('identity' in channel)) return undefined;
  const { identity, role } = channel;
  const { contract } = identity;
  return {
    role,
    contract,
    payoutScript: identity.payout[role],
    utilityPayout: identity.payout.utility,
    commitments: [
      ...shownRevoked(channel, context, file),
      ...commitmentsOf(channel, context),
      ...revokedCommitments(channel, context, file),
    ],
    preimages: [...preimagesOf(channel), ...(file?.preimages ?? [])],
    attestedLocks: [...attestedLocksOf(channel), ...(file === undefined ? [] : attestedIn(file))],
    forfeitedLocks: file === undefined ? [] : forfeitedLocksOf(channel, file),
    settlements: settlementsOf(channel),
    minimumRevokedBelow: revokedBelow(channel),
  };
}

function commitmentsOf(channel: Channel, { secp, signer }: Context): readonly KnownCommitment[] {
  if (!('identity' in channel)) return [];
  const { identity, role } = channel;
  if (role === 'utility') return proofsOf(channel).map((proof) => provedCommitment(secp, identity, proof));
  invariant(signer.role === 'trader', 'a trader signs as a trader');
  if (channel.type === 'awaitingFunding') {
    const { held, points } = channel;
    if (held === null) return [];
    const peer = counterpartyOf(role);
    return [
      own(secp, identity, role, held.ledger, signer.signer),
      remote(secp, identity, peer, 'peerLatest', held.ledger, points[peer].first),
    ];
  }
  const rounds = roundsOf(channel);
  return [
    ...shownOf(channel).map(({ broadcaster, ledger, point }) =>
      remote(secp, identity, broadcaster, 'peerLatest', ledger, point),
    ),
    ...(rounds === null ? [] : roundCommitments(secp, identity, role, rounds, signer.signer)),
  ];
}

/** What the utility has shown a trader that lost its data. */
function shownOf(channel: Channel): readonly StateProof[] {
  return channel.type === 'settling' && channel.shown !== undefined ? [channel.shown] : [];
}

function roundCommitments(
  secp: Secp256k1,
  identity: Identity,
  role: Trader,
  rounds: Rounds,
  signer: TraderSigner,
): readonly KnownCommitment[] {
  return [
    own(secp, identity, role, rounds.held.ledger, signer),
    ...remoteCommitments(rounds).map(({ standing, ledger, point }) =>
      remote(secp, identity, counterpartyOf(role), standing, ledger, point),
    ),
  ];
}

function own(
  secp: Secp256k1,
  { contract }: Identity,
  role: Trader,
  balances: KnownCommitment['balances'],
  signer: TraderSigner,
): KnownCommitment {
  const basepoint = contract.keys[counterpartyOf(role)].revocation;
  const revocationKey = revocationPublicKey(secp, basepoint, signer.point(balances.n));
  return { broadcaster: role, standing: 'own', balances, revocationKey };
}

function remote(
  secp: Secp256k1,
  { contract }: Identity,
  broadcaster: Trader,
  standing: KnownCommitment['standing'],
  balances: KnownCommitment['balances'],
  point: Uint8Array,
): KnownCommitment {
  const basepoint = contract.keys[counterpartyOf(broadcaster)].revocation;
  return { broadcaster, standing, balances, revocationKey: revocationPublicKey(secp, basepoint, point) };
}

function provedCommitment(
  secp: Secp256k1,
  identity: Identity,
  proof: StateProof,
  standing: 'proved' | 'revoked' = 'proved',
): KnownCommitment {
  return remote(secp, identity, proof.broadcaster, standing, proof.ledger, proof.point);
}

/** The commitments of a revoked number, of both traders: what we know by heart of that number comes before them. */
function revokedCommitments(
  channel: Channel,
  { secp, signer }: Context,
  file: BreachFile | undefined,
): readonly KnownCommitment[] {
  if (file === undefined || !('identity' in channel)) return [];
  const { identity, role } = channel;
  if (role === 'utility') return provedRevoked(secp, channel, file);
  invariant(signer.role === 'trader', 'a trader signs as a trader');
  const below = revokedBelow(channel);
  const rounds = roundsOf(channel);
  const secret = rounds === null ? undefined : lookupSecret(rounds.remoteSecrets, shachainIndex(file.n));
  const peer = counterpartyOf(role);
  const own = {
    trader: role,
    point: file.n < below[role] ? signer.signer.point(file.n) : undefined,
  };
  const theirs = { trader: peer, point: secret === undefined ? undefined : secp.publicKey(secret) };
  return file.states.flatMap((balances) =>
    [own, theirs].flatMap(({ trader, point }) =>
      point === undefined ? [] : [remote(secp, identity, trader, 'revoked', balances, point)],
    ),
  );
}

/** To the utility: what a trader proved of a number that is revoked. */
function provedRevoked(
  secp: Secp256k1,
  channel: Funded,
  { proofs, n }: BreachFile,
): readonly KnownCommitment[] {
  const below = revokedBelow(channel);
  return proofs
    .filter(({ broadcaster }) => n < below[broadcaster])
    .map((proof) => provedCommitment(secp, channel.identity, proof, 'revoked'));
}

/**
 * To the utility: commitments with the secrets that it was shown. One that is on the chain was given up by its broadcaster,
 * also if that is the last one which its broadcaster proved; so these come before all others.
 */
function shownRevoked(
  channel: Channel,
  { secp }: Context,
  file: BreachFile | undefined,
): readonly KnownCommitment[] {
  if (file === undefined || !('identity' in channel)) return [];
  const shown = shownSecretsOf(channel);
  return TRADERS.flatMap((victim) => {
    const secret = shown[victim];
    if (secret?.n !== file.n) return [];
    const point = secp.publicKey(secret.secret);
    return file.proofs.map(({ ledger }) =>
      remote(secp, channel.identity, counterpartyOf(victim), 'revoked', ledger, point),
    );
  });
}

/** Each other's secrets that traders showed the utility, 32 bytes each, by who showed it. */
export function shownSecretsOf(channel: Channel): ShownSecrets {
  return (channel.type === 'settling' ? channel.shownSecrets : undefined) ?? {};
}

type Funded = Extract<Channel, { identity: Identity }>;

/** The highest state that each trader proved to the utility. */
export function proofsOf(channel: Channel): readonly StateProof[] {
  if (channel.type === 'attesting') return channel.proofs;
  return channel.type === 'settling' ? (channel.utility?.proofs ?? []) : [];
}

function roundsOf(channel: Channel): Rounds | null {
  return 'rounds' in channel ? channel.rounds : null;
}

/** A preimage that came with a settlement counts before the round is over: until then the peer may publish the state before. */
function preimagesOf(channel: Channel): Knowledge['preimages'] {
  const rounds = roundsOf(channel);
  if (!('market' in channel)) return [];
  const deliveries = [
    ...shownOf(channel).flatMap(({ ledger }) => ledger.deliveries),
    ...(rounds === null ? [] : [...rounds.held.ledger.deliveries, ...previousDeliveries(rounds)]),
  ];
  const told = [...channel.market.preimages, ...(rounds === null ? [] : settledPreimages(rounds))];
  return told.flatMap(({ id, preimage }) => {
    const delivery = deliveries.find((each) => each.id === id);
    return delivery === undefined ? [] : [{ lock: delivery.lock, preimage }];
  });
}

function settledPreimages({ phase }: Rounds) {
  if (phase.type !== 'accepting') return [];
  return phase.updates.flatMap((update) =>
    update.type === 'settle' && update.preimage !== null
      ? [{ id: update.id, preimage: update.preimage }]
      : [],
  );
}

function previousDeliveries({ phase }: Rounds) {
  return phase.type === 'accepting' ? phase.previous.deliveries : [];
}

function attestedLocksOf(channel: Channel): readonly Uint8Array[] {
  return registerOf(channel)
    .filter((unit) => unit.type === 'delivered')
    .map((unit) => unit.delivery.lock);
}

function registerOf(channel: Channel): DeliveryRegister {
  if (channel.type === 'attesting') return channel.register;
  return channel.type === 'settling' ? (channel.utility?.register ?? []) : [];
}

function attestedIn(file: BreachFile): readonly Uint8Array[] {
  return deliveriesIn(file)
    .filter(({ unit }) => isSaid(file, unit, 'delivered'))
    .map(({ lock }) => lock);
}

function isSaid({ said }: BreachFile, unit: bigint, verdict: 'delivered' | 'notDelivered'): boolean {
  return said.some((each) => each.unit === unit && each.verdict === verdict);
}

/**
 * What is the utility's in the revoked state and in ours: what was forfeited, and what it refused. A refused unit may
 * have been paid or cancelled all the same; the utility has a record of that, a trader still has it in flight.
 */
function forfeitedLocksOf(channel: Channel, file: BreachFile): readonly Uint8Array[] {
  const inFlight = roundsOf(channel)?.held.ledger.deliveries ?? [];
  const all = deliveriesIn(file);
  const others = inFlight.filter(({ unit }) => !all.some((each) => each.unit === unit));
  const isTheirs = ({ id, unit }: Delivery): boolean => {
    const how = file.ended.find((each) => each.unit === unit)?.how;
    if (how !== undefined) return how === 'forfeited';
    const isRefused = isSaid(file, unit, 'notDelivered');
    if (channel.role === 'utility') return isRefused;
    const { refused } = 'market' in channel ? channel.market : { refused: [] as readonly bigint[] };
    return refused.includes(id) && inFlight.some((each) => each.unit === unit);
  };
  return [...all, ...others].filter(isTheirs).map(({ lock }) => lock);
}

function settlementsOf(channel: Channel): Knowledge['settlements'] {
  if (channel.type === 'negotiatingClose')
    return channel.signed.map((tx) => ({ txid: txid(tx), kind: 'close' }));
  if (channel.type === 'settling')
    return [
      ...channel.candidates
        .filter(({ purpose }) => purpose === 'penalty' || purpose === 'close')
        .map(({ tx, purpose }) => ({
          txid: txid(tx),
          kind: purpose === 'close' ? ('close' as const) : ('arbitrated' as const),
        })),
      ...decidedBy(channel.utility?.arbitration ?? null),
      ...(channel.why.code === 'spent' && channel.why.spend === 'arbitrated'
        ? [{ txid: channel.why.txid, kind: 'arbitrated' as const }]
        : []),
    ];
  return channel.type === 'attesting' ? decidedBy(channel.arbitration) : [];
}

function decidedBy(arbitration: ArbitrationCase | null): Knowledge['settlements'] {
  const verdict = arbitration?.verdict ?? null;
  return verdict === null ? [] : [{ txid: toHex(verdict.statement.txid), kind: 'arbitrated' }];
}

/** Commitments of each trader below this are revoked. The utility takes a trader's word that it has a later one. */
export function revokedBelow(channel: Channel): PerTrader<bigint> {
  if (channel.role === 'utility')
    return provedBelow(channel, (own, beforeOther) => maximum(own, beforeOther));
  const rounds = roundsOf(channel);
  if (rounds === null) return { consumer: 0n, producer: 0n };
  const ours = rounds.held.ledger.n;
  const theirs = secretsHeld(rounds);
  return channel.role === 'consumer'
    ? { consumer: ours, producer: theirs }
    : { consumer: theirs, producer: ours };
}

/**
 * At the utility: commitments of each trader below this are revoked to the other, whatever the trader itself proved. Who
 * signs the other's commitment `m` has revoked its own below `m - 1`; who proves `m` as well has its own `m` too.
 */
export function surelyRevokedBelow(channel: Channel): PerTrader<bigint> {
  return provedBelow(channel, (own, beforeOther) => maximum(minimum(own, beforeOther + 1n), beforeOther));
}

/** By each trader's highest proof and the number before the other's highest; 0 where there is none. */
function provedBelow(
  channel: Channel,
  below: (own: bigint, beforeOther: bigint) => bigint,
): PerTrader<bigint> {
  const highest = (trader: Trader) =>
    proofsOf(channel).find(({ broadcaster }) => broadcaster === trader)?.ledger.n ?? 0n;
  const of = (trader: Trader) => below(highest(trader), maximum(highest(counterpartyOf(trader)) - 1n, 0n));
  return { consumer: of('consumer'), producer: of('producer') };
}

function maximum(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function minimum(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
