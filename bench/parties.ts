import { invariant } from '../src/base/invariant.ts';
import { counterpartyOf, type Role, TRADERS, type Trader } from '../src/base/role.ts';
import type { ChannelAction } from '../src/channel/action.ts';
import type { ChannelEvent } from '../src/channel/event.ts';
import { initialLedger } from '../src/channel/ledger.ts';
import { localIdentity, localTraderSigner, localUtilitySigner } from '../src/channel/localSigner.ts';
import { EMPTY_MARKET } from '../src/channel/market.ts';
import { heldBy, initialRounds } from '../src/channel/rounds.ts';
import type { TraderSigner } from '../src/channel/signer.ts';
import type { Channel, Identity, Open, UtilityChannel } from '../src/channel/state.ts';
import type { Context } from '../src/channel/step.ts';
import { transition } from '../src/channel/transition.ts';
import type { Secp256k1 } from '../src/crypto/secp256k1.ts';
import { channelIdOf } from '../src/tx/contract.ts';
import { decodeMessage, encodeMessage, type MessageType } from '../src/wire/messages.ts';
import {
  contractOf,
  HEIGHT,
  NOW,
  payoutScript,
  type Scenario,
  secretOf,
  traderSecrets,
  UTILITY_SECRETS,
} from './scenario.ts';

/** One of the three, as its node would hold it in memory. */
export interface Party {
  readonly role: Role;
  readonly context: Context;
  state: Channel;
}

/** A message as it would go over a connection. */
export interface Parcel {
  readonly from: Role;
  readonly to: Role;
  readonly type: MessageType;
  readonly bytes: Uint8Array;
}

export type Parties = { readonly [R in Role]: Party };

/** Three parties right after the opening: commitment 0 signed by both sides, nothing said yet. */
export function openParties(secp: Secp256k1, scenario: Scenario): Parties {
  const consumer = localTraderSigner(secp, 'consumer', traderSecrets('consumer'));
  const producer = localTraderSigner(secp, 'producer', traderSecrets('producer'));
  const signers = { consumer, producer };
  const party = (role: Role, state: Channel, signer: Context['signer']): Party => {
    const identity = localIdentity(secp, secretOf(`${role} node`));
    const chain = {
      chainHash: '00'.repeat(32),
      now: NOW,
      height: HEIGHT,
      clockTolerance: 60,
      certifiedCapacityWhPerHour: () => 100_000n,
      maxArbitrationFeeRate: 10_000n,
    };
    return { role, state, context: { secp, signer, identity, ...chain } };
  };
  const trader = (role: Trader): Party => {
    const state = openState(role, identityOf(secp, scenario), signers);
    return party(role, state, { role: 'trader', signer: signers[role] });
  };
  const utility = { role: 'utility', signer: localUtilitySigner(secp, UTILITY_SECRETS) } as const;
  return {
    consumer: trader('consumer'),
    producer: trader('producer'),
    utility: party('utility', attesting(identityOf(secp, scenario)), utility),
  };
}

function identityOf(secp: Secp256k1, scenario: Scenario): Identity {
  const contract = contractOf(secp, scenario);
  const nodeId = (role: Role) => secp.publicKey(secretOf(`${role} node`));
  const meter = (role: Trader) => secp.publicKey(secretOf(`${role} meter`));
  return {
    channelId: channelIdOf(contract.funding),
    contract,
    payout: {
      consumer: payoutScript('consumer'),
      producer: payoutScript('producer'),
      utility: payoutScript('utility'),
    },
    nodeIds: { consumer: nodeId('consumer'), producer: nodeId('producer'), utility: nodeId('utility') },
    meters: { consumer: meter('consumer'), producer: meter('producer') },
  };
}

function openState(
  role: Trader,
  identity: Identity,
  signers: { readonly [T in Trader]: TraderSigner },
): Open {
  const remote = signers[counterpartyOf(role)];
  const ledger = initialLedger(identity.contract);
  const signed = remote.signCommitment(identity.contract, ledger, role, signers[role].point(0n));
  return {
    type: 'open',
    role,
    identity,
    rounds: initialRounds(heldBy(ledger, signed), remote.point(0n), remote.point(1n)),
    market: EMPTY_MARKET,
    height: HEIGHT,
    link: 'down',
    premature: null,
    wantedUnits: 0,
    queue: [],
    turn: 'none',
  };
}

function attesting(identity: Identity): UtilityChannel {
  return {
    type: 'attesting',
    role: 'utility',
    identity,
    height: HEIGHT,
    tariffs: [],
    register: [],
    proofs: [],
    arbitration: null,
  };
}

/** Lets `event` happen to one party; what it says to whom, encoded. */
export function happen(party: Party, event: ChannelEvent): readonly Parcel[] {
  const { state, actions } = transition(party.state, event, party.context);
  party.state = state;
  return actions.flatMap((action) => parcelsOf(party.role, action));
}

function parcelsOf(from: Role, action: ChannelAction): Parcel[] {
  if (action.type === 'notify') invariant(action.notice.type !== 'refused', 'nothing is refused in a bench');
  if (action.type !== 'send') return [];
  return [{ from, to: action.to, type: action.message.type, bytes: encodeMessage(action.message) }];
}

/** The receiver decodes a message and answers it. */
export function receive(parties: Parties, { from, to, bytes }: Parcel): readonly Parcel[] {
  const message = decodeMessage(bytes);
  invariant(message.ok, 'a message of ours decodes');
  return happen(parties[to], { type: 'messageReceived', from, message: message.value });
}

/**
 * Lets messages go to and fro until none is left between the traders; those for the utility, and what is
 * beyond it, are handed back.
 *
 * @param seen hears of every message that goes over a connection
 */
export function exchange(
  parties: Parties,
  first: readonly Parcel[],
  seen?: (parcel: Parcel) => void,
): readonly Parcel[] {
  const toUtility: Parcel[] = [];
  const pending = [...first];
  for (let parcel = pending.shift(); parcel !== undefined; parcel = pending.shift()) {
    seen?.(parcel);
    if (parcel.to === 'utility') toUtility.push(parcel);
    else pending.push(...receive(parties, parcel));
  }
  return toUtility;
}

/** Everything that is said is heard, by the utility too. */
export function settleDown(parties: Parties, first: readonly Parcel[]): void {
  let parcels = first;
  while (parcels.length > 0)
    parcels = exchange(parties, parcels).flatMap((parcel) => receive(parties, parcel));
}

/** Connects everyone with everyone. */
export function connect(parties: Parties): void {
  const { consumer, producer, utility } = parties;
  settleDown(parties, [
    ...happen(consumer, { type: 'connected', peer: 'producer' }),
    ...happen(producer, { type: 'connected', peer: 'consumer' }),
    ...TRADERS.flatMap((trader) => [
      ...happen(parties[trader], { type: 'connected', peer: 'utility' }),
      ...happen(utility, { type: 'connected', peer: trader }),
    ]),
  ]);
}
