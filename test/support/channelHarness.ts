import { isDeepStrictEqual } from 'node:util';
import { type Msat, msat, type Sat, sat } from '../../src/base/amount.ts';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { invariant } from '../../src/base/invariant.ts';
import { fromJson, toJson } from '../../src/base/json.ts';
import { counterpartyOf, type PerRole, ROLES, type Role, TRADERS, type Trader } from '../../src/base/role.ts';
import type { ChannelAction, ChannelRecord, Notice } from '../../src/channel/action.ts';
import type { ChannelEvent, Command, InputProblem } from '../../src/channel/event.ts';
import { addTerms, type Ledger } from '../../src/channel/ledger.ts';
import { localIdentity, localTraderSigner, localUtilitySigner } from '../../src/channel/localSigner.ts';
import { propose, remoteCommitments } from '../../src/channel/rounds.ts';
import type { TraderSigner, UtilitySigner } from '../../src/channel/signer.ts';
import type {
  BroadcastPurpose,
  Channel,
  Proposal,
  TraderChannel,
  UtilityChannel,
} from '../../src/channel/state.ts';
import { type ChannelSigner, type Context, roundContext, type Transition } from '../../src/channel/step.ts';
import { transition } from '../../src/channel/transition.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import type { Secp256k1 } from '../../src/crypto/secp256k1.ts';
import {
  attest,
  cancelUnit,
  type MeterLedger,
  openLedger,
  orderUnit,
  refuseOverdue,
  type Verdict,
} from '../../src/market/attestation.ts';
import { signReading, verifyReading } from '../../src/market/meter.ts';
import { tariffLock } from '../../src/market/tariff.ts';
import { commitmentNumberOf } from '../../src/tx/commitment.ts';
import { type ChannelParams, type Contract, capacityMsat } from '../../src/tx/contract.ts';
import { type FundingPart, partCost } from '../../src/tx/funding.ts';
import { p2wsh } from '../../src/tx/script.ts';
import { OPENER } from '../../src/tx/settlement.ts';
import { encodeTx, type Tx, type TxOutput, txid, unsignedInput } from '../../src/tx/transaction.ts';
import {
  decodeMessage,
  encodeMessage,
  type Message,
  type MessageOf,
  type Update,
  type UpdateOf,
} from '../../src/wire/messages.ts';
import { secp } from './curve.ts';

/** The curve of every test that does not name another. */
export { secp };

export const START_HEIGHT = 100;
export const SETTLEMENT = 600;
export const START_TIME = 1_800_000_000;
export const CHAIN_HASH = '0f'.repeat(32);
export const SLOT_SECONDS = 3600;

export const DEFAULT_PARAMS: ChannelParams = {
  chainHash: CHAIN_HASH,
  arbitration: { type: 'afterHeight', height: SETTLEMENT },
  settlementHeight: SETTLEMENT,
  toSelfDelay: { consumer: 5, producer: 8 },
  dustLimitSat: sat(330),
  reserveMsat: { consumer: msat(1_000_000), producer: msat(1_000_000) },
  maxInFlight: 3,
  bondPolicy: { type: 'proportional', bondPpm: 500_000 },
  gridFeePpm: 10_000,
  deliveryWindow: 20,
  resolutionMargin: 3,
  utilityMaxExposureMsat: msat(100_000_000),
  minimumDepth: 3,
  contestWindow: 10,
};

export const DEFAULT_CONTRIBUTIONS: PerRole<Msat> = {
  consumer: msat(600_000_000),
  producer: msat(390_000_000),
  utility: msat(10_000_000),
};

export const UNIT_WH = 1000;
export const MSAT_PER_WH = 1000n;
/** What a unit costs and what stands behind it under the default terms. */
export const PAYMENT = msat(1_000_000);
export const BOND = msat(500_000);
export const GRID_FEE = msat(10_000);

export const secretOf = (name: string): Uint8Array => sha256(utf8(name));
export const nodeIdOf = (role: Role, curve = secp): Uint8Array => curve.publicKey(secretOf(`${role} node`));
export const meterOf = (trader: Trader, curve = secp): Uint8Array =>
  curve.publicKey(secretOf(`${trader} meter`));
/** Distinct payout scripts, as three wallets would name them. */
export const payoutOf = (role: Role): Uint8Array => p2wsh(utf8(`${role} wallet`));

const p2wpkh = (name: string): Uint8Array => Uint8Array.of(0, 20, ...secretOf(name).subarray(0, 20));

export function traderSignerOf(role: Trader, curve = secp): TraderSigner {
  return localTraderSigner(curve, role, {
    funding: secretOf(`${role} funding`),
    revocation: secretOf(`${role} revocation`),
    payment: secretOf(`${role} payment`),
    delayed: secretOf(`${role} delayed`),
    perCommitmentSeed: secretOf(`${role} seed`),
  });
}

export function utilitySignerOf(curve = secp): UtilitySigner {
  return localUtilitySigner(curve, {
    funding: secretOf('utility funding'),
    payment: secretOf('utility payment'),
    deliverySeed: secretOf('utility deliveries'),
  });
}

export interface Options {
  readonly params?: Partial<ChannelParams>;
  readonly contributions?: Partial<PerRole<Msat>>;
  /** Changes what the consumer proposes. */
  readonly proposal?: (proposal: Proposal) => Proposal;
  /** Changes what a party brings to the funding. */
  readonly part?: (role: Role, part: FundingPart) => FundingPart;
  /** What a party's application answers to a proposal. */
  readonly review?: (role: Role, proposal: Proposal) => Command;
  /** What a party's chain says of the others' inputs. */
  readonly inputProblem?: (role: Role) => InputProblem | null;
  /** Sees every state that a machine comes to. */
  readonly onState?: (role: Role, state: Channel) => void;
  /** Changes a message on its way. */
  readonly tamper?: (from: Role, to: Role, message: Message) => Message;
  readonly curve?: Secp256k1;
}

export interface TestNode {
  readonly role: Role;
  state: Channel;
  height: number;
  /** Seconds that this node's clock is ahead. */
  clockSkew: number;
  /** All that it was told to do, in order. */
  readonly actions: ChannelAction[];
  readonly records: ChannelRecord[];
  readonly notices: Notice[];
  /** Per-commitment secrets that its signer gave out. */
  readonly released: Set<bigint>;
}

export interface Broadcast {
  readonly role: Role;
  readonly tx: Tx;
  readonly purpose: BroadcastPurpose;
}

export type Link = 'consumer-producer' | 'consumer-utility' | 'producer-utility';
export const LINKS: readonly Link[] = ['consumer-producer', 'consumer-utility', 'producer-utility'];

export function endsOf(link: Link): readonly [Role, Role] {
  if (link === 'consumer-producer') return ['consumer', 'producer'];
  return link === 'consumer-utility' ? ['consumer', 'utility'] : ['producer', 'utility'];
}

export function linkOf(a: Role, b: Role): Link {
  const link = LINKS.find((each) => endsOf(each).includes(a) && endsOf(each).includes(b));
  invariant(link !== undefined && a !== b, `no link ${a}-${b}`);
  return link;
}

/**
 * Three machines and what lies between them, driven one event at a time: messages cross ordered links as their
 * bytes, states go through the disk codec, the shell's answers wait in a queue of their own.
 */
export interface Harness {
  readonly nodes: PerRole<TestNode>;
  readonly options: Options;
  readonly broadcasts: Broadcast[];
  /** Unix seconds. */
  now: number;
  contextOf(role: Role): Context;
  /** Hands one event to a machine; its messages get under way, nothing else happens yet. */
  dispatch(role: Role, event: ChannelEvent): Transition;
  /** Hands a machine a message that nobody sent. */
  inject(from: Role, to: Role, message: Message): Transition;
  /** The messages under way, oldest first. */
  underWay(from: Role, to: Role): readonly Message[];
  /** Delivers the oldest message; false when there is none. */
  deliver(from: Role, to: Role): boolean;
  /** Gives one answer of the shell; false when none waits. */
  answer(): boolean;
  /** Delivers and answers until nothing is left. */
  run(): void;
  isUp(link: Link): boolean;
  /** Loses everything under way and tells both ends. */
  cut(link: Link): void;
  connect(link: Link): void;
  /** Blocks that the named nodes see. */
  mine(blocks?: number, roles?: readonly Role[]): void;
  /** The funding transaction is `depth` blocks deep for these nodes. */
  confirm(depth: number, roles?: readonly Role[]): void;
  /** The seller's meter exports `energyWh` more and is read. */
  produce(energyWh: number, seller?: Trader): void;
  /** The spend of the funding output that was broadcast last is confirmed: everyone sees it. */
  confirmSpend(broadcast?: Broadcast): void;
}

export function channelHarness(options: Options = {}): Harness {
  const curve = options.curve ?? secp;
  const broadcasts: Broadcast[] = [];
  const queues = new Map<string, Uint8Array[]>();
  const up = new Set<Link>();
  const answers: { role: Role; event: ChannelEvent }[] = [];
  const nodes: PerRole<TestNode> = {
    consumer: node('consumer'),
    producer: node('producer'),
    utility: node('utility'),
  };
  const signers: PerRole<ChannelSigner> = {
    consumer: { role: 'trader', signer: watched('consumer') },
    producer: { role: 'trader', signer: watched('producer') },
    utility: { role: 'utility', signer: utilitySignerOf(curve) },
  };
  const identities = Object.fromEntries(
    ROLES.map((role) => [role, localIdentity(curve, secretOf(`${role} node`))]),
  );
  const meters = meterBook(curve);

  /** A signer that keeps a list of what it gave away. */
  function watched(role: Trader): TraderSigner {
    const signer = traderSignerOf(role, curve);
    return {
      ...signer,
      releaseSecret: (n) => {
        nodes[role].released.add(n);
        return signer.releaseSecret(n);
      },
      completeCommitment: (contract, balances, signature) => {
        invariant(
          !nodes[role].released.has(balances.n),
          `${role} would broadcast its revoked state ${balances.n}`,
        );
        return signer.completeCommitment(contract, balances, signature);
      },
    };
  }

  function contextOf(role: Role): Context {
    const { height, clockSkew } = nodes[role];
    return {
      secp: curve,
      signer: signers[role],
      identity: identities[role] as Context['identity'],
      chainHash: CHAIN_HASH,
      now: harness.now + clockSkew,
      height,
      clockTolerance: 30,
      certifiedCapacityWhPerHour: () => 1_000_000_000n,
      maxArbitrationFeeRate: 10_000n,
    };
  }

  function queue(from: Role, to: Role): Uint8Array[] {
    const key = `${from}>${to}`;
    const known = queues.get(key) ?? [];
    queues.set(key, known);
    return known;
  }

  function dispatch(role: Role, event: ChannelEvent): Transition {
    const current = nodes[role];
    const step = transition(current.state, event, contextOf(role));
    current.state = throughDisk(step.state);
    checkState(current);
    options.onState?.(role, current.state);
    current.records.push(...step.records);
    for (const action of step.actions) perform(role, action);
    return step;
  }

  function perform(role: Role, action: ChannelAction): void {
    nodes[role].actions.push(action);
    switch (action.type) {
      case 'send': {
        const message = options.tamper?.(role, action.to, action.message) ?? action.message;
        const bytes = encodeMessage(message);
        invariant(isDeepStrictEqual(parse(bytes), message), `${message.type} changes on the way`);
        if (up.has(linkOf(role, action.to))) queue(role, action.to).push(bytes);
        return;
      }
      case 'notify':
        nodes[role].notices.push(action.notice);
        return;
      case 'broadcast':
        broadcasts.push({ role, tx: action.tx, purpose: action.purpose });
        return;
      case 'reviewOpening':
        answers.push({
          role,
          event: options.review?.(role, action.proposal) ?? accepting(role, action.proposal),
        });
        return;
      case 'checkInputs':
        answers.push({
          role,
          event: { type: 'inputsChecked', problem: options.inputProblem?.(role) ?? null },
        });
        return;
      case 'signFunding': {
        const own = action.funding.inputs.filter((input) => input.owner === role);
        const witnesses = own.map(() => [new Uint8Array(71).fill(1), new Uint8Array(33).fill(2)]);
        answers.push({ role, event: { type: 'fundingSigned', witnesses } });
        return;
      }
      case 'orderUnit':
        meters.order(toHex(action.meter), action.order);
        return;
      case 'cancelUnit':
        say(meters.cancel(toHex(action.meter), action.channelId, action.unit));
        return;
      case 'meterRead':
        say(meters.read(toHex(action.meter), action.reading, nodes.utility.height));
        return;
      case 'watchFunding':
      case 'releaseCoins':
        return;
    }
  }

  function say(verdicts: readonly Verdict[]): void {
    for (const verdict of verdicts)
      answers.push({ role: 'utility', event: { type: 'unitDecided', verdict } });
  }

  function accepting(role: Role, proposal: Proposal): Command {
    const meter = role === 'utility' ? new Uint8Array(33) : meterOf(role, curve);
    return {
      type: 'acceptOpening',
      part: partOf(role, proposal, options),
      payoutScript: payoutOf(role),
      meter,
    };
  }

  const harness: Harness = {
    nodes,
    options,
    broadcasts,
    now: START_TIME,
    contextOf,
    dispatch,
    inject: (from, to, message) => {
      const decoded = parse(encodeMessage(message));
      return dispatch(to, { type: 'messageReceived', from, message: decoded });
    },
    underWay: (from, to) => queue(from, to).map(parse),
    deliver: (from, to) => {
      const bytes = queue(from, to).shift();
      if (bytes === undefined) return false;
      dispatch(to, { type: 'messageReceived', from, message: parse(bytes) });
      return true;
    },
    answer: () => {
      const next = answers.shift();
      if (next === undefined) return false;
      dispatch(next.role, next.event);
      return true;
    },
    run: () => {
      for (let steps = 0; ; steps++) {
        invariant(steps < 5000, 'messages without end');
        if (harness.answer()) continue;
        const moved = LINKS.flatMap((link) => {
          const [a, b] = endsOf(link);
          return [harness.deliver(a, b), harness.deliver(b, a)];
        });
        if (!moved.includes(true)) return;
      }
    },
    isUp: (link) => up.has(link),
    cut: (link) => {
      if (!up.delete(link)) return;
      const [a, b] = endsOf(link);
      queue(a, b).length = 0;
      queue(b, a).length = 0;
      dispatch(a, { type: 'disconnected', peer: b });
      dispatch(b, { type: 'disconnected', peer: a });
    },
    connect: (link) => {
      if (up.has(link)) return;
      up.add(link);
      const [a, b] = endsOf(link);
      dispatch(a, { type: 'connected', peer: b });
      dispatch(b, { type: 'connected', peer: a });
    },
    mine: (blocks = 1, roles = ROLES) => {
      for (let i = 0; i < blocks; i++)
        for (const role of roles) {
          nodes[role].height += 1;
          if (role === 'utility') say(meters.refuse(nodes.utility.height));
          dispatch(role, { type: 'block', height: nodes[role].height });
        }
    },
    confirm: (depth, roles = ROLES) => {
      for (const role of roles) dispatch(role, { type: 'fundingDepth', depth });
    },
    produce: (energyWh, seller = 'producer') => {
      harness.now += 1;
      dispatch(seller, { type: 'readMeter', reading: meters.export(seller, energyWh, harness.now) });
    },
    confirmSpend: (broadcast) => {
      const spend = broadcast ?? broadcasts.filter(({ purpose }) => purpose !== 'funding').at(-1);
      invariant(spend !== undefined, 'nothing was broadcast');
      for (const role of ROLES) {
        const { state } = nodes[role];
        if (!('identity' in state)) continue;
        dispatch(role, { type: 'fundingSpent', txid: txid(spend.tx), spend: kindOf(role, state, spend) });
      }
    },
  };
  return harness;
}

function node(role: Role): TestNode {
  return {
    role,
    state: { type: 'fresh', role },
    height: START_HEIGHT,
    clockSkew: 0,
    actions: [],
    records: [],
    notices: [],
    released: new Set(),
  };
}

function parse(bytes: Uint8Array): Message {
  const decoded = decodeMessage(bytes);
  invariant(decoded.ok, `a message that cannot be read: ${toJson(decoded)}`);
  return decoded.value;
}

/** The state as a restarted node reads it. */
function throughDisk(state: Channel): Channel {
  const read = fromJson(toJson(state));
  invariant(read.ok && isDeepStrictEqual(read.value, state), 'a state that changes on disk');
  return read.value as Channel;
}

/** What holds in every state of every machine. */
function checkState({ state, role, released }: TestNode): void {
  if (!('rounds' in state) || state.rounds === null || !('identity' in state)) return;
  const capacity = capacityMsat(state.identity.contract.contributions);
  const { held } = state.rounds;
  for (const ledger of [held.ledger, ...remoteCommitments(state.rounds).map((each) => each.ledger)])
    invariant(totalOf(ledger) === capacity, `${role}: state ${ledger.n} is not conserved`);
  for (const n of released) invariant(n < held.ledger.n, `${role} gave away the secret of its state ${n}`);
}

export function totalOf({ consumerMsat, producerMsat, utilityMsat, deliveries }: Ledger): bigint {
  return deliveries.reduce(
    (sum, each) => sum + each.paymentMsat + each.bondMsat,
    consumerMsat + producerMsat + utilityMsat,
  );
}

/** The utility's meters, on the ledgers of the market. */
function meterBook(curve: Secp256k1) {
  const ledgers = new Map<string, MeterLedger>();
  const exported = new Map<Trader, { wh: bigint; sequence: bigint }>();

  function sign(seller: Trader, now: number) {
    const { wh, sequence } = exported.get(seller) ?? { wh: 0n, sequence: 0n };
    const body = { meter: meterOf(seller, curve), sequence, time: now, importWh: 0n, exportWh: wh };
    return signReading(curve, body, secretOf(`${seller} meter`));
  }
  for (const trader of TRADERS) {
    const first = verifyReading(curve, sign(trader, START_TIME - 1_000_000), meterOf(trader, curve));
    invariant(first.ok, 'the first reading verifies');
    ledgers.set(toHex(meterOf(trader, curve)), openLedger(first.value, 1_000_000_000n));
  }
  const ledgerOf = (meter: string): MeterLedger => {
    const ledger = ledgers.get(meter);
    invariant(ledger !== undefined, 'a meter that was registered');
    return ledger;
  };
  return {
    export: (seller: Trader, energyWh: number, now: number) => {
      const { wh, sequence } = exported.get(seller) ?? { wh: 0n, sequence: 0n };
      exported.set(seller, { wh: wh + BigInt(energyWh), sequence: sequence + 1n });
      return sign(seller, now);
    },
    order: (meter: string, order: Parameters<typeof orderUnit>[1]) => {
      const ordered = orderUnit(ledgerOf(meter), order);
      if (ordered.ok) ledgers.set(meter, ordered.value);
    },
    cancel: (meter: string, channelId: Uint8Array, unit: bigint) => {
      const step = cancelUnit(ledgerOf(meter), channelId, unit);
      ledgers.set(meter, step.ledger);
      return step.verdicts;
    },
    read: (meter: string, reading: Parameters<typeof attest>[1], height: number) => {
      const step = attest(ledgerOf(meter), reading, height);
      if (!step.ok) return [];
      ledgers.set(meter, step.value.ledger);
      return step.value.verdicts;
    },
    refuse: (height: number) =>
      [...ledgers].flatMap(([meter, ledger]) => {
        const step = refuseOverdue(ledger, height);
        ledgers.set(meter, step.ledger);
        return step.verdicts;
      }),
  };
}

/** What a spend of the funding output is to one party (protocol section 12), by its number. */
function kindOf(role: Role, state: Channel, { role: by, tx, purpose }: Broadcast): string {
  if (purpose === 'close') return 'close';
  if (purpose === 'penalty') return 'arbitrated';
  if (by === role) return 'ownCommitment';
  if (role === 'utility') return 'proved';
  invariant('identity' in state, 'a funded channel');
  const n = commitmentNumberOf(state.identity.contract, tx);
  const rounds = 'rounds' in state ? state.rounds : null;
  if (rounds === null || n === undefined) return 'peerLatest';
  const newest = rounds.phase.type === 'accepting' ? rounds.held.ledger.n - 1n : rounds.held.ledger.n;
  return n > newest ? 'peerNext' : n === newest ? 'peerLatest' : 'revoked';
}

/** A wallet's part of the funding: one coin of 2 bitcoin, what is not needed comes back. */
export function partOf(
  role: Role,
  proposal: Pick<Proposal, 'params' | 'contributions' | 'feeRateSatPerKvB'>,
  options: Options = {},
): FundingPart {
  const { params, contributions, feeRateSatPerKvB } = proposal;
  const coin: TxOutput = { value: sat(200_000_000), script: p2wpkh(`${role} coin`) };
  const previous: Tx = {
    version: 2,
    inputs: [unsignedInput({ txid: toHex(secretOf(`${role} earlier`)), vout: 0 })],
    outputs: [coin],
    locktime: 0,
  };
  const terms = { params, contributions, opener: OPENER, feeRateSatPerKvB };
  const change: TxOutput = { value: coin.value, script: p2wpkh(`${role} change`) };
  const value = (coin.value - partCost(role, terms, [coin], change)) as Sat;
  const part = { inputs: [{ previousTx: encodeTx(previous), vout: 0 }], change: { ...change, value } };
  return options.part?.(role, part) ?? part;
}

export function proposalOf(options: Options = {}): Proposal {
  const params = { ...DEFAULT_PARAMS, ...options.params };
  const contributions = { ...DEFAULT_CONTRIBUTIONS, ...options.contributions };
  const terms = { params, contributions, feeRateSatPerKvB: 1000n };
  const { curve = secp } = options;
  const signer = traderSignerOf('consumer', curve);
  const proposal: Proposal = {
    temporaryId: secretOf('temporary id'),
    ...terms,
    consumer: {
      keys: signer.keys,
      firstPoint: signer.point(0n),
      secondPoint: signer.point(1n),
      part: partOf('consumer', terms, options),
      payoutScript: payoutOf('consumer'),
      nodeId: nodeIdOf('consumer', curve),
      meter: meterOf('consumer', curve),
    },
    producerNodeId: nodeIdOf('producer', curve),
    utilityNodeId: nodeIdOf('utility', curve),
  };
  return options.proposal?.(proposal) ?? proposal;
}

/** Three connected machines before anything was said. */
export function connected(options: Options = {}): Harness {
  const harness = channelHarness(options);
  for (const link of LINKS) harness.connect(link);
  return harness;
}

/** Three machines after the opening was proposed and everything that follows from it. */
export function proposed(options: Options = {}): Harness {
  const harness = connected(options);
  harness.dispatch('consumer', { type: 'propose', proposal: proposalOf(options) });
  harness.run();
  return harness;
}

/** Three open machines, everything said that there is to say. */
export function openChannel(options: Options = {}): Harness {
  const harness = proposed(options);
  harness.confirm(3);
  harness.run();
  for (const role of ROLES) {
    const { type } = harness.nodes[role].state;
    invariant(type === (role === 'utility' ? 'attesting' : 'open'), `${role} is ${type} after the opening`);
  }
  return harness;
}

/** Three open machines with a live tariff and an offer of the producer. */
export function tradingChannel(options: Options & { readonly units?: number } = {}): Harness {
  const harness = openChannel(options);
  publishTariff(harness, 0, options.units ?? 20);
  offerUnits(harness, options.units ?? 20);
  harness.run();
  return harness;
}

export function publishTariff(harness: Harness, slot: number, units: number, msatPerWh = MSAT_PER_WH): void {
  const from = START_TIME + slot * SLOT_SECONDS;
  harness.dispatch('utility', {
    type: 'publishTariff',
    slot,
    from,
    until: from + SLOT_SECONDS,
    msatPerWh,
    unitEnergyWh: UNIT_WH,
    units,
  });
}

export function offerUnits(
  harness: Harness,
  units: number,
  seller: Trader = 'producer',
  seconds = 4 * SLOT_SECONDS,
): void {
  harness.dispatch(seller, {
    type: 'offer',
    units,
    unitEnergyWh: UNIT_WH,
    minMsatPerWh: 0n,
    until: harness.now + seconds,
  });
}

export function trader(harness: Harness, role: Trader): TraderChannel {
  const { state } = harness.nodes[role];
  invariant(
    state.type === 'open' || state.type === 'shuttingDown' || state.type === 'negotiatingClose',
    `${role} is ${state.type}`,
  );
  return state;
}

export function utility(harness: Harness): UtilityChannel {
  const { state } = harness.nodes.utility;
  invariant(state.type === 'attesting', `utility is ${state.type}`);
  return state;
}

export function ledgerOf(harness: Harness, role: Trader): Ledger {
  const { state } = harness.nodes[role];
  invariant('rounds' in state && state.rounds !== null, `${role} has no rounds`);
  return state.rounds.held.ledger;
}

export function contractOf(harness: Harness): Contract {
  const { state } = harness.nodes.consumer;
  invariant('identity' in state, 'a funded channel');
  return state.identity.contract;
}

export function channelIdOf(harness: Harness): Uint8Array {
  const { state } = harness.nodes.consumer;
  invariant('identity' in state, 'a funded channel');
  return state.identity.channelId;
}

/** Whether both traders have the same state, nothing open and the same turn. */
export function agreed(harness: Harness): boolean {
  const { consumer, producer } = harness.nodes;
  if (!('rounds' in consumer.state) || !('rounds' in producer.state)) return false;
  const [a, b] = [consumer.state.rounds, producer.state.rounds];
  if (a === null || b === null) return false;
  return (
    isDeepStrictEqual(a.held.ledger, b.held.ledger) &&
    a.phase.type === 'idle' &&
    b.phase.type === 'idle' &&
    a.turn === b.turn
  );
}

export function noticesOf<T extends Notice['type']>(
  harness: Harness,
  role: Role,
  type: T,
): Extract<Notice, { type: T }>[] {
  return harness.nodes[role].notices.filter(
    (notice): notice is Extract<Notice, { type: T }> => notice.type === type,
  );
}

/** What the application was told that it did wrong, or a peer. */
export function refusals(harness: Harness, role: Role) {
  return noticesOf(harness, role, 'refused').map(({ error }) => error);
}

export const otherTrader = counterpartyOf;

/** The order that an honest buyer would make of the next unit, with `changes`. */
export function orderOf(
  harness: Harness,
  ledger: Ledger,
  changes: Partial<UpdateOf<'add'>> = {},
  seller: Trader = 'producer',
): UpdateOf<'add'> {
  const { market, identity, height } = trader(harness, counterpartyOf(seller));
  const unit = changes.unit ?? ledger.nextUnit;
  const tariff = market.tariffs.find((each) => tariffLock(each, unit) !== undefined);
  const offer = market.offers[seller];
  invariant(tariff !== undefined && offer !== null, 'an order needs a tariff and an offer');
  const deadline = changes.deadline ?? height + identity.contract.params.deliveryWindow;
  const lock = tariffLock(tariff, unit) as Uint8Array;
  const terms = addTerms(identity.contract, ledger, tariff, seller, lock, deadline);
  return {
    type: 'add',
    id: ledger.nextId,
    seller,
    offerId: offer.offerId,
    unit,
    deadline,
    ...terms,
    ...changes,
  };
}

/**
 * A trader that breaks the rules: proposes whatever it likes, correctly signed for the state that the updates would
 * make if the rules allowed them (or the one that `next` gives). Its own machine takes it for an honest proposal.
 */
export function proposeAs(
  harness: Harness,
  proposer: Trader,
  make: (ledger: Ledger) => readonly Update[],
  next: (ledger: Ledger) => Ledger = (ledger) => ({ ...ledger, n: ledger.n + 1n }),
): MessageOf<'propose_update'> {
  const state = trader(harness, proposer);
  const { ledger } = state.rounds.held;
  const round = roundContext(state, harness.contextOf(proposer));
  const { rounds, message } = propose(round, state.rounds, make(ledger), next(ledger));
  harness.nodes[proposer].state = { ...state, rounds };
  harness.inject(proposer, counterpartyOf(proposer), message);
  return message;
}
