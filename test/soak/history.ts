import { toHex } from '../../src/base/bytes.ts';
import { toJson } from '../../src/base/json.ts';
import type { Role, Trader } from '../../src/base/role.ts';
import type { Ledger } from '../../src/channel/ledger.ts';
import { type HeldCommitment, type Rounds, remoteCommitments } from '../../src/channel/rounds.ts';
import type { Channel, Identity } from '../../src/channel/state.ts';
import { deliveryLock } from '../../src/crypto/deliveryLock.ts';
import { readState } from '../../src/node/stateText.ts';
import { checkedStore } from '../../src/store/checked.ts';
import type { Store } from '../../src/store/port.ts';
import type { Balances } from '../../src/tx/contract.ts';
import type { Tx } from '../../src/tx/transaction.ts';
import { decodeMessage } from '../../src/wire/messages.ts';

/** Something that was given to the chain, by a node or by hand. */
export interface Submission {
  readonly by: Role;
  readonly tx: Tx;
  readonly accepted: boolean;
  readonly reason: string;
  /** Whether the party's own node did it, as opposed to an attacker with its keys. */
  readonly byNode: boolean;
  /** The number of the party's newest commitment on disk at that moment. */
  readonly heldN: bigint;
}

/** All that the oracles need to know of one party's past. */
export interface PartyHistory {
  /** The newest rounds, also after the channel has left them behind. */
  rounds: Rounds | undefined;
  /** Every commitment that it ever held, by number: what a thief keeps. */
  readonly held: Map<bigint, HeldCommitment>;
  /** Height at which it learnt each preimage, by lock. */
  readonly preimages: Map<string, number>;
  /** Every preimage that it ever had. */
  readonly secrets: Uint8Array[];
  /** Locks of the units that it attested, at the utility. */
  readonly attested: Set<string>;
  /** Locks of the preimages that it revealed to the victim of a breach, at the utility. */
  readonly revealed: Set<string>;
  /** Units that it was told are the utility's: forfeited or refused. */
  readonly forfeited: Set<bigint>;
  /** Whether it ever named a fee for a close. */
  closer: boolean;
  /** Names of the states that it was in, in order. */
  readonly states: string[];
  /** Why it settled, if it did. */
  why: string | undefined;
}

/** What happened in a schedule, gathered from what the nodes write to their disks and give to their chains. */
export interface History {
  identity: Identity | undefined;
  readonly parties: { readonly [R in Role]: PartyHistory };
  readonly submissions: Submission[];
  /** Every state that any party ever wrote, with where it was seen. */
  readonly ledgers: Map<string, { readonly where: string; readonly ledger: Balances }>;
  /** What ran into a bug of its own. */
  readonly halted: string[];
  /** The most that the mempool asked for, satoshi per 1,000 virtual bytes. */
  highestMinimum: bigint;
  readonly counts: { [name: string]: number };
}

export function emptyHistory(): History {
  const party = (): PartyHistory => ({
    rounds: undefined,
    held: new Map(),
    preimages: new Map(),
    secrets: [],
    attested: new Set(),
    revealed: new Set(),
    forfeited: new Set(),
    closer: false,
    states: [],
    why: undefined,
  });
  return {
    identity: undefined,
    parties: { consumer: party(), producer: party(), utility: party() },
    submissions: [],
    ledgers: new Map(),
    halted: [],
    highestMinimum: 1000n,
    counts: {},
  };
}

export function count(history: History, name: string, by = 1): void {
  history.counts[name] = (history.counts[name] ?? 0) + by;
}

/** The store, with every state that is written to it noted in the history. `onDeath` hears of a write that failed. */
export function noted(
  store: Store,
  role: Role,
  history: History,
  height: () => number,
  onDeath: () => void,
): Store {
  const write = async (done: Promise<void>): Promise<void> => {
    try {
      await done;
    } catch (error) {
      onDeath();
      throw error;
    }
  };
  return {
    channels: () => store.channels(),
    channel: (key) => store.channel(key),
    records: (key, from, limit) => store.records(key, from, limit),
    recordsAbout: (key, about) => store.recordsAbout(key, about),
    appendEvents: (events) => write(store.appendEvents(events)),
    events: (from, limit) => store.events(from, limit),
    lastEvent: () => store.lastEvent(),
    forget: (key) => write(store.forget(key)),
    dropEvents: (below) => write(store.dropEvents(below)),
    value: (name) => store.value(name),
    setValue: (name, value) => write(store.setValue(name, value)),
    close: () => store.close(),
    commit: async (key, change) => {
      await write(store.commit(key, change));
      if (change.state === undefined) return;
      note(history, role, await stateIn(store, key), height());
    },
  };
}

/** What a node says to a peer: the preimages that the utility gives out. */
export function noteMessage(history: History, role: Role, bytes: Uint8Array): void {
  const decoded = decodeMessage(bytes);
  if (decoded.ok && decoded.value.type === 'reveal_preimage')
    history.parties[role].revealed.add(toHex(deliveryLock(decoded.value.preimage)));
}

async function stateIn(store: Store, key: string): Promise<Channel> {
  const checked = checkedStore(store);
  const stored = await checked.channel(key);
  if (stored === undefined) throw new Error('a channel that was just written is not there');
  return readState(checked, stored);
}

function note(history: History, role: Role, channel: Channel, height: number): void {
  const party = history.parties[role];
  if (party.states.at(-1) !== channel.type) party.states.push(channel.type);
  if (!('identity' in channel)) return;
  history.identity ??= channel.identity;
  if (channel.type === 'settling') party.why = channel.why.code;
  if (channel.type === 'negotiatingClose' && channel.proposedFeeSat !== null) party.closer = true;
  const rounds = 'rounds' in channel ? channel.rounds : null;
  if (rounds !== null && role !== 'utility') noteRounds(history, role, rounds);
  if ('market' in channel) notePreimages(party, channel, height);
  const utility =
    channel.type === 'attesting' ? channel : channel.type === 'settling' ? channel.utility : null;
  if (utility === null) return;
  for (const unit of utility.register)
    if (unit.type === 'delivered') party.attested.add(toHex(unit.delivery.lock));
  for (const { ledger } of utility.proofs) noteLedger(history, `${role} proof`, ledger);
}

function noteRounds(history: History, role: Trader, rounds: Rounds): void {
  const party = history.parties[role];
  // an old disk that is started again does not undo what was agreed
  if (party.rounds === undefined || rounds.held.ledger.n >= party.rounds.held.ledger.n) party.rounds = rounds;
  party.held.set(rounds.held.ledger.n, rounds.held);
  noteLedger(history, `${role} held`, rounds.held.ledger);
  for (const { standing, ledger } of remoteCommitments(rounds))
    noteLedger(history, `${role} ${standing}`, ledger);
}

function notePreimages(party: PartyHistory, channel: Channel, height: number): void {
  if (!('market' in channel) || !('rounds' in channel) || channel.rounds === null) return;
  const { held, phase } = channel.rounds;
  const previous = phase.type === 'accepting' ? phase.previous.deliveries : [];
  for (const { id, preimage } of channel.market.preimages) {
    const delivery = [...held.ledger.deliveries, ...previous].find((each) => each.id === id);
    const lock = delivery === undefined ? undefined : toHex(delivery.lock);
    if (lock === undefined || party.preimages.has(lock)) continue;
    party.preimages.set(lock, height);
    party.secrets.push(preimage);
  }
}

function noteLedger(history: History, where: string, ledger: Balances): void {
  const key = `${where} ${keyOf(ledger)}`;
  if (!history.ledgers.has(key)) history.ledgers.set(key, { where, ledger });
}

/** A state as text: equal exactly when its balances and deliveries are. */
export function keyOf({ n, consumerMsat, producerMsat, utilityMsat, deliveries }: Balances): string {
  const inFlight = deliveries.map((each) =>
    Object.entries(each).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  );
  return toJson({ n, consumerMsat, producerMsat, utilityMsat, inFlight });
}

/** The states that may reach the chain and bind this trader: its own newest, and all that its peer can still publish. */
export function liveLedgers(rounds: Rounds): readonly Ledger[] {
  return [rounds.held.ledger, ...remoteCommitments(rounds).map(({ ledger }) => ledger)];
}
