import { invariant } from '../base/invariant.ts';
import { counterpartyOf, type Trader } from '../base/role.ts';
import { type Rounds, remoteCommitments, secretsHeld } from '../channel/rounds.ts';
import type { TraderSigner } from '../channel/signer.ts';
import type { Channel, Identity } from '../channel/state.ts';
import type { Context } from '../channel/step.ts';
import { revocationPublicKey } from '../crypto/revocation.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import type { Knowledge, KnownCommitment } from '../penalty/knowledge.ts';
import { buildPenalty } from '../tx/settlement.ts';
import { txid } from '../tx/transaction.ts';
import type { StateProof } from '../wire/messages.ts';

/** What the monitor must know of a channel, taken from the channel's state; `undefined` while nothing is funded. */
export function knowledgeOf(channel: Channel, context: Context): Knowledge | undefined {
  if (!('identity' in channel)) return undefined;
  const { identity, role } = channel;
  const { contract } = identity;
  return {
    role,
    contract,
    payoutScript: identity.payout[role],
    commitments: commitmentsOf(channel, context),
    preimages: preimagesOf(channel),
    attestedLocks: attestedLocksOf(channel),
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

function provedCommitment(secp: Secp256k1, identity: Identity, proof: StateProof): KnownCommitment {
  return remote(secp, identity, proof.broadcaster, 'proved', proof.ledger, proof.point);
}

function proofsOf(channel: Channel): readonly StateProof[] {
  if (channel.type === 'attesting') return channel.proofs;
  return channel.type === 'settling' ? (channel.utility?.proofs ?? []) : [];
}

function roundsOf(channel: Channel): Rounds | null {
  return 'rounds' in channel ? channel.rounds : null;
}

function preimagesOf(channel: Channel): Knowledge['preimages'] {
  const rounds = roundsOf(channel);
  if (!('market' in channel)) return [];
  const deliveries = [
    ...shownOf(channel).flatMap(({ ledger }) => ledger.deliveries),
    ...(rounds === null ? [] : [...rounds.held.ledger.deliveries, ...previousDeliveries(rounds)]),
  ];
  return channel.market.preimages.flatMap(({ id, preimage }) => {
    const delivery = deliveries.find((each) => each.id === id);
    return delivery === undefined ? [] : [{ lock: delivery.lock, preimage }];
  });
}

function previousDeliveries({ phase }: Rounds) {
  return phase.type === 'accepting' ? phase.previous.deliveries : [];
}

function attestedLocksOf(channel: Channel): readonly Uint8Array[] {
  const register =
    channel.type === 'attesting'
      ? channel.register
      : channel.type === 'settling'
        ? (channel.utility?.register ?? [])
        : [];
  return register.filter((unit) => unit.type === 'delivered').map((unit) => unit.delivery.lock);
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
      ...(channel.why.code === 'spent' && channel.why.spend === 'arbitrated'
        ? [{ txid: channel.why.txid, kind: 'arbitrated' as const }]
        : []),
    ];
  if (channel.type !== 'attesting' || channel.arbitration === null) return [];
  const { proof, feeSat } = channel.arbitration;
  const penalty = buildPenalty(channel.identity.contract, proof.ledger, feeSat, channel.identity.payout);
  return penalty.ok ? [{ txid: txid(penalty.value.tx), kind: 'arbitrated' }] : [];
}

function revokedBelow(channel: Channel): Knowledge['minimumRevokedBelow'] {
  const rounds = roundsOf(channel);
  if (rounds === null || !('role' in channel) || channel.role === 'utility')
    return { consumer: 0n, producer: 0n };
  const ours = rounds.held.ledger.n;
  const theirs = secretsHeld(rounds);
  return channel.role === 'consumer'
    ? { consumer: ours, producer: theirs }
    : { consumer: theirs, producer: ours };
}
