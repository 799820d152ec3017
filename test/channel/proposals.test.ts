import { describe, expect, it } from 'vitest';
import { MAX_MONEY, msat } from '../../src/base/amount.ts';
import { TRADERS, type Trader } from '../../src/base/role.ts';
import type { ChannelError } from '../../src/channel/error.ts';
import type { Ledger, UpdateError } from '../../src/channel/ledger.ts';
import { signBody } from '../../src/channel/market.ts';
import { OFFER, type Offer } from '../../src/market/offer.ts';
import { TARIFF } from '../../src/market/tariff.ts';
import {
  decodeMessage,
  encodeMessage,
  type Message,
  type Update,
  type UpdateOf,
} from '../../src/wire/messages.ts';
import {
  agreed,
  BOND,
  channelIdOf,
  DEFAULT_CONTRIBUTIONS,
  DEFAULT_PARAMS,
  type Harness,
  ledgerOf,
  noticesOf,
  type Options,
  offerUnits,
  openChannel,
  orderOf,
  otherTrader,
  PAYMENT,
  proposeAs,
  publishTariff,
  refusals,
  SLOT_SECONDS,
  START_HEIGHT,
  START_TIME,
  secp,
  secretOf,
  trader,
  tradingChannel,
} from '../support/channelHarness.ts';

interface Case {
  readonly name: string;
  /** What happens before; the consumer holds the turn at its end. */
  readonly given?: (harness: Harness) => void;
  readonly options?: Options;
  /** What the consumer proposes, signed. */
  readonly updates: (ledger: Ledger, harness: Harness) => readonly Update[];
  readonly error: UpdateError;
}

function buy(harness: Harness, units: number): void {
  harness.dispatch('consumer', { type: 'buy', units });
  harness.run();
}

const order =
  (changes: Partial<UpdateOf<'add'>>) =>
  (ledger: Ledger, harness: Harness): readonly Update[] => [orderOf(harness, ledger, changes)];

const oneInFlight = (harness: Harness) => buy(harness, 1);

const CASES: readonly Case[] = [
  { name: 'nothing', updates: () => [], error: { code: 'emptyProposal' } },
  {
    name: 'an order against the proposer’s own offer',
    given: (harness) => {
      offerUnits(harness, 5, 'consumer');
      harness.run();
    },
    updates: (ledger, harness) => [orderOf(harness, ledger, {}, 'consumer')],
    error: { code: 'wrongProposer', proposer: 'consumer', update: 'add' },
  },
  {
    name: 'the other side’s payment',
    updates: () => [{ type: 'transfer', from: 'producer', amountMsat: msat(1000) }],
    error: { code: 'wrongProposer', proposer: 'consumer', update: 'transfer' },
  },
  {
    name: 'a payment of nothing',
    updates: () => [{ type: 'transfer', from: 'consumer', amountMsat: msat(0) }],
    error: { code: 'amountNotPositive' },
  },
  {
    name: 'a payment out of the reserve',
    updates: () => [{ type: 'transfer', from: 'consumer', amountMsat: msat(599_000_001) }],
    error: {
      code: 'balanceTooLow',
      trader: 'consumer',
      balanceMsat: msat(600_000_000),
      neededMsat: 599_000_001n,
      reserveMsat: msat(1_000_000),
    },
  },
  {
    name: 'a payment of all coins there are',
    updates: () => [{ type: 'transfer', from: 'consumer', amountMsat: msat(MAX_MONEY * 1000n) }],
    error: {
      code: 'balanceTooLow',
      trader: 'consumer',
      balanceMsat: msat(600_000_000),
      neededMsat: MAX_MONEY * 1000n,
      reserveMsat: msat(1_000_000),
    },
  },
  { name: 'an id passed over', updates: order({ id: 1n }), error: { code: 'wrongId', id: 1n, expected: 0n } },
  {
    name: 'a unit that was ordered before',
    given: (harness) => {
      buy(harness, 1);
      harness.produce(1000);
      harness.run();
    },
    updates: order({ unit: 0n }),
    error: { code: 'unitNotIncreasing', unit: 0n, lowest: 1n },
  },
  {
    name: 'one order too many at once',
    options: { params: { maxInFlight: 1 } },
    given: oneInFlight,
    updates: order({}),
    error: { code: 'tooManyInFlight', limit: 1 },
  },
  {
    name: 'an order against an offer that nobody made',
    updates: order({ offerId: 7n }),
    error: { code: 'noOffer', offerId: 7n },
  },
  {
    name: 'more units than offered',
    given: (harness) => {
      offerUnits(harness, 1);
      harness.run();
      buy(harness, 1);
    },
    updates: order({}),
    error: { code: 'soldOut', units: 1 },
  },
  {
    name: 'units of another size than offered',
    given: (harness) => {
      harness.dispatch('producer', {
        type: 'offer',
        units: 5,
        unitEnergyWh: 500,
        minMsatPerWh: 0n,
        until: START_TIME + SLOT_SECONDS,
      });
      harness.run();
    },
    updates: order({}),
    error: { code: 'otherUnitEnergy', offeredWh: 500, tariffWh: 1000 },
  },
  {
    name: 'a price under the seller’s lowest',
    given: (harness) => {
      harness.dispatch('producer', {
        type: 'offer',
        units: 5,
        unitEnergyWh: 1000,
        minMsatPerWh: 1001n,
        until: START_TIME + SLOT_SECONDS,
      });
      harness.run();
    },
    updates: order({}),
    error: { code: 'priceTooLow', msatPerWh: 1000n, minMsatPerWh: 1001n },
  },
  ...(
    [
      ['energyWh', { energyWh: 999n }, '999', '1000'],
      ['paymentMsat', { paymentMsat: msat(999_999) }, '999999', '1000000'],
      ['bondMsat', { bondMsat: msat(500_001) }, '500001', '500000'],
      ['expiry', { expiry: 130 }, '130', '131'],
      ['lock', { lock: new Uint8Array(32) }, 'another', 'the one in the tariff'],
    ] as const
  ).map(
    ([field, changes, value, expected]): Case => ({
      name: `an order with a ${field} of its own`,
      updates: order(changes),
      error: { code: 'wrongTerms', field, value, expected },
    }),
  ),
  {
    name: 'an order of less than dust',
    given: (harness) => {
      publishTariff(harness, 0, 5, 219n);
      harness.run();
    },
    updates: order({ unit: 20n }),
    error: { code: 'belowDust', valueMsat: 328_500n, dustLimitSat: 330n },
  },
  {
    name: 'an order that could not be resolved before the settlement height',
    options: { params: { settlementHeight: 141, arbitration: { type: 'immediate' } } },
    given: (harness) => {
      harness.mine(8);
      harness.run();
    },
    updates: order({}),
    error: { code: 'expiryPastSettlement', expiry: 139, latest: 138 },
  },
  {
    name: 'an order that the buyer cannot pay',
    given: (harness) => {
      harness.dispatch('consumer', {
        type: 'update',
        update: { type: 'transfer', from: 'consumer', amountMsat: msat(598_500_000) },
      });
      harness.run();
    },
    updates: order({}),
    error: {
      code: 'balanceTooLow',
      trader: 'consumer',
      balanceMsat: msat(1_500_000),
      neededMsat: 1_000_000n,
      reserveMsat: msat(1_000_000),
    },
  },
  {
    name: 'an order for which the seller has no bond',
    options: { contributions: { producer: msat(1_000_000) } },
    updates: order({}),
    error: {
      code: 'balanceTooLow',
      trader: 'producer',
      balanceMsat: msat(1_000_000),
      neededMsat: 500_000n,
      reserveMsat: msat(1_000_000),
    },
  },
  ...(['settle', 'forfeit', 'cancel'] as const).map(
    (type): Case => ({
      name: `to ${type} what is not in flight`,
      updates: () => [type === 'settle' ? { type, id: 3n, preimage: null } : { type, id: 3n }],
      error: { code: 'unknownDelivery', id: 3n },
    }),
  ),
  {
    name: 'to settle with a preimage that opens nothing',
    given: oneInFlight,
    updates: () => [{ type: 'settle', id: 0n, preimage: new Uint8Array(32) }],
    error: { code: 'wrongPreimage', id: 0n },
  },
  {
    name: 'to forfeit what the other side knows to be delivered',
    given: (harness) => {
      buy(harness, 1);
      harness.cut('consumer-utility');
      harness.cut('consumer-producer');
      harness.produce(1000);
      harness.run();
      harness.connect('consumer-producer');
      harness.run();
    },
    updates: () => [{ type: 'forfeit', id: 0n }],
    error: { code: 'forfeitOfDelivered', id: 0n },
  },
];

describe('a proposal that breaks a rule, correctly signed', () => {
  it.each(CASES)(
    '$name: the channel fails by name, on the state before',
    ({ given, options, updates, error }) => {
      const harness = tradingChannel(options);
      given?.(harness);
      const before = ledgerOf(harness, 'producer');
      proposeAs(harness, 'consumer', (ledger) => updates(ledger, harness));
      expect(harness.nodes.producer.state).toMatchObject({
        type: 'settling',
        why: { code: 'protocolError' },
      });
      const { state } = harness.nodes.producer;
      expect(state.type === 'settling' && state.why.code === 'protocolError' && state.why.error).toEqual(
        error,
      );
      expect(ledgerOf(harness, 'producer')).toEqual(before);
      const [commitment] = harness.broadcasts.filter(({ purpose }) => purpose === 'commitment');
      expect(commitment?.role).toBe('producer');
    },
  );

  it('to settle without a preimage, by the seller: preimageMissing', () => {
    const harness = tradingChannel();
    offerUnits(harness, 5, 'consumer');
    harness.run();
    harness.dispatch('producer', { type: 'buy', units: 1 });
    harness.run();
    harness.dispatch('consumer', {
      type: 'update',
      update: { type: 'transfer', from: 'consumer', amountMsat: msat(1) },
    });
    harness.run();
    proposeAs(harness, 'consumer', () => [{ type: 'settle', id: 0n, preimage: null }]);
    expect(harness.nodes.producer.state).toMatchObject({
      why: { code: 'protocolError', error: { code: 'preimageMissing', id: 0n } },
    });
  });

  it('a lock under a second unit number: lockReused', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    const [tariff] = trader(harness, 'consumer').market.tariffs;
    if (tariff === undefined) throw new Error('no tariff');
    // a utility that publishes a lock twice
    const again = { ...tariff, slot: 0, firstUnit: 20n };
    const signed = signBody(harness.contextOf('utility'), TARIFF, again);
    for (const role of TRADERS)
      harness.inject('utility', role, { type: 'tariff', channelId: channelIdOf(harness), signed });
    proposeAs(harness, 'consumer', (ledger) => [orderOf(harness, ledger, { unit: 20n })]);
    expect(harness.nodes.producer.state).toMatchObject({
      why: { code: 'protocolError', error: { code: 'lockReused', unit: 20n } },
    });
  });
});

describe('a proposal that is not yet right', () => {
  function expectHeld(harness: Harness): void {
    const state = trader(harness, 'producer');
    expect(state.premature).not.toBeNull();
    expect(state.rounds.phase.type).toBe('idle');
    expect(state.rounds.held.ledger.n).toBe(trader(harness, 'consumer').rounds.held.ledger.n);
  }

  it('the proposer has seen a block more: held, taken when the block comes', () => {
    const harness = tradingChannel();
    harness.mine(2, ['consumer']);
    buy(harness, 1);
    expectHeld(harness);
    harness.mine(1, ['producer']);
    harness.run();
    expectHeld(harness);
    harness.mine(1, ['producer']);
    harness.run();
    expect(agreed(harness)).toBe(true);
    expect(ledgerOf(harness, 'producer').deliveries).toHaveLength(1);
  });

  it('the proposer has seen a tariff more: held, taken when the tariff comes', () => {
    const harness = openChannel();
    offerUnits(harness, 5);
    harness.run();
    harness.cut('producer-utility');
    publishTariff(harness, 0, 5);
    harness.run();
    buy(harness, 1);
    expectHeld(harness);
    harness.connect('producer-utility');
    harness.run();
    expect(agreed(harness)).toBe(true);
    expect(ledgerOf(harness, 'producer').deliveries).toHaveLength(1);
  });

  it('an order at a price that does not hold yet by our clock: held until it does', () => {
    const harness = tradingChannel();
    publishTariff(harness, 1, 5);
    harness.run();
    harness.now += SLOT_SECONDS - 31;
    proposeOrder(harness, 20n);
    expectHeld(harness);
    harness.now += 1;
    harness.mine(1, ['producer']);
    expect(trader(harness, 'producer').rounds.phase.type).toBe('accepting');
  });

  it('a forfeit before its deadline: held, taken at the deadline', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    proposeForfeit(harness);
    expectHeld(harness);
    harness.mine(DEFAULT_PARAMS.deliveryWindow, ['producer']);
    expect(trader(harness, 'producer').rounds.phase.type).toBe('accepting');
    expect(ledgerOf(harness, 'producer').utilityMsat).toBe(DEFAULT_CONTRIBUTIONS.utility + PAYMENT + BOND);
  });

  it('a forfeit before its deadline, and the unit is delivered in time: the seller does not take it', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    proposeForfeit(harness);
    harness.produce(1000);
    harness.run();
    expect(harness.nodes.producer.state).toMatchObject({
      type: 'settling',
      why: { code: 'protocolError', error: { code: 'forfeitOfDelivered', id: 0n } },
      market: { preimages: [{ id: 0n }] },
    });
  });

  it('the tariff comes when the order is too old: the proposer takes it back and orders anew', () => {
    const harness = openChannel();
    offerUnits(harness, 5);
    harness.run();
    harness.cut('producer-utility');
    publishTariff(harness, 0, 5);
    harness.run();
    buy(harness, 1);
    harness.mine(5);
    expectHeld(harness);
    harness.connect('producer-utility');
    harness.run();
    expect(agreed(harness)).toBe(true);
    expect(ledgerOf(harness, 'producer').deliveries).toMatchObject([{ deadline: START_HEIGHT + 25 }]);
  });

  it('the connection lost meanwhile: forgotten, and said again', () => {
    const harness = tradingChannel();
    harness.mine(1, ['consumer']);
    buy(harness, 1);
    harness.cut('consumer-producer');
    expect(trader(harness, 'producer').premature).toBeNull();
    harness.connect('consumer-producer');
    harness.run();
    expectHeld(harness);
    harness.mine(1, ['producer']);
    harness.run();
    expect(agreed(harness)).toBe(true);
  });

  it('a second proposal while one is held: outOfTurn, the channel fails', () => {
    const harness = tradingChannel();
    harness.mine(1, ['consumer']);
    buy(harness, 1);
    const { phase } = trader(harness, 'consumer').rounds;
    if (phase.type !== 'proposing') throw new Error('not proposing');
    harness.inject('consumer', 'producer', phase.message);
    expect(harness.nodes.producer.state).toMatchObject({
      why: {
        code: 'protocolError',
        error: { code: 'outOfTurn', message: 'propose_update', turn: 0n, phase: 'idle' },
      },
    });
  });

  /** An order of that unit, which the consumer's machine would not propose yet. */
  function proposeOrder(harness: Harness, unit: bigint): void {
    proposeAs(
      harness,
      'consumer',
      (ledger) => [orderOf(harness, ledger, { unit })],
      (ledger) => {
        const { type: _type, offerId, ...delivery } = orderOf(harness, ledger, { unit });
        return {
          ...ledger,
          n: ledger.n + 1n,
          consumerMsat: msat(ledger.consumerMsat - PAYMENT),
          producerMsat: msat(ledger.producerMsat - BOND),
          deliveries: [delivery],
          nextId: 1n,
          nextUnit: unit + 1n,
          sold: { consumer: null, producer: { offerId, units: 1 } },
        };
      },
    );
  }

  /** A forfeit at the present height, which the consumer's machine would not propose. */
  function proposeForfeit(harness: Harness): void {
    proposeAs(
      harness,
      'consumer',
      () => [{ type: 'forfeit', id: 0n }],
      (ledger) => ({
        ...ledger,
        n: ledger.n + 1n,
        utilityMsat: msat(ledger.utilityMsat + PAYMENT + BOND),
        deliveries: [],
      }),
    );
  }
});

describe('an order that comes too late', () => {
  /** The order waits on the link while `pass` happens, then arrives. */
  function late(harness: Harness, pass: () => void): void {
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    pass();
    harness.deliver('consumer', 'producer');
  }

  it.each<[string, (harness: Harness) => void, UpdateError]>([
    [
      'deadlineTooSoon',
      (harness) => harness.mine(4),
      { code: 'deadlineTooSoon', deadline: START_HEIGHT + 20, height: START_HEIGHT + 4, window: 20 },
    ],
    [
      'tariffNotLive',
      (harness) => {
        harness.now += SLOT_SECONDS + 30;
      },
      { code: 'tariffNotLive', slot: 0, time: START_TIME + SLOT_SECONDS },
    ],
  ])('%s: told and kept, taken back with the next block, the channel goes on', (_code, pass, error) => {
    const harness = tradingChannel();
    publishTariff(harness, 1, 5);
    harness.run();
    late(harness, () => pass(harness));
    expect(refusals(harness, 'producer')).toEqual([error]);
    expect(trader(harness, 'producer').premature).not.toBeNull();
    harness.run();
    harness.mine(1);
    harness.run();
    expect(agreed(harness)).toBe(true);
    expect(trader(harness, 'consumer').rounds.withdrawn).toHaveLength(1);
    expect(noticesOf(harness, 'producer', 'unitOrdered')).toHaveLength(1);
  });

  it('offerExpired: told and kept, taken back, nothing is ordered', () => {
    const harness = tradingChannel();
    offerUnits(harness, 5, 'producer', 60);
    harness.run();
    late(harness, () => {
      harness.now += 90;
    });
    expect(refusals(harness, 'producer')).toEqual([
      { code: 'offerExpired', until: START_TIME + 60, time: START_TIME + 60 },
    ]);
    harness.mine(1);
    harness.run();
    expect(agreed(harness)).toBe(true);
    expect(ledgerOf(harness, 'producer').n).toBe(0n);
  });

  it('the proposer’s clock says that it is not late: said again and kept again, until it agrees', () => {
    const harness = tradingChannel();
    harness.nodes.producer.clockSkew = 40;
    harness.now += SLOT_SECONDS - 5;
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    harness.run();
    for (let block = 0; block < 3; block++) {
      harness.mine(1, ['producer']);
      harness.run();
      expect(trader(harness, 'producer').premature).not.toBeNull();
    }
    harness.now += 10;
    harness.mine(1);
    harness.run();
    expect(agreed(harness)).toBe(true);
    expect(trader(harness, 'producer').premature).toBeNull();
  });

  it('both shut down meanwhile: taken back, then closed', () => {
    const harness = tradingChannel();
    late(harness, () => harness.mine(4));
    harness.dispatch('consumer', { type: 'close', payoutScript: null, feeRate: 1000n });
    harness.run();
    harness.mine(1);
    harness.run();
    for (const role of TRADERS) {
      const state = trader(harness, role);
      expect(state.type === 'negotiatingClose' && state.signed.length).toBe(1);
    }
  });
});

describe('rounds out of their place', () => {
  function expectFailed(harness: Harness, role: Trader, error: ChannelError): void {
    const { state } = harness.nodes[role];
    expect(state.type === 'settling' && state.why.code === 'protocolError' && state.why.error).toEqual(error);
    expect(harness.broadcasts.find(({ purpose }) => purpose === 'commitment')?.role).toBe(role);
  }

  const payment: Update = { type: 'transfer', from: 'consumer', amountMsat: msat(1000) };

  interface Change {
    readonly n?: bigint;
    readonly signature?: Uint8Array;
    readonly secret?: Uint8Array;
    readonly nextPoint?: Uint8Array;
  }

  /** One payment of the consumer under way, and a word of its round changed. */
  function changed(type: 'propose_update' | 'accept_update' | 'revoke', change: Change): Harness {
    const harness = openChannel({
      tamper: (_from, _to, message) =>
        message.type === type ? fromWire({ ...message, ...change }) : message,
    });
    harness.dispatch('consumer', { type: 'update', update: payment });
    harness.run();
    return harness;
  }

  /** Without what a message has no field for. */
  function fromWire(message: Message): Message {
    const decoded = decodeMessage(encodeMessage(message));
    return decoded.ok ? decoded.value : never();
  }

  const proposing = 'proposing';

  it('a number passed over: wrongNumber', () => {
    expectFailed(changed('propose_update', { n: 2n }), 'producer', {
      code: 'wrongNumber',
      message: 'propose_update',
      n: 2n,
      expected: 1n,
    });
    expectFailed(changed('accept_update', { n: 2n }), 'consumer', {
      code: 'wrongNumber',
      message: 'accept_update',
      n: 2n,
      expected: 1n,
    });
    expectFailed(changed('revoke', { n: 2n }), 'producer', {
      code: 'wrongNumber',
      message: 'revoke',
      n: 2n,
      expected: 1n,
    });
  });

  it('a commitment that is not signed: badCommitmentSignature', () => {
    const signature = new Uint8Array(64);
    for (const [type, by] of [
      ['propose_update', 'producer'],
      ['accept_update', 'consumer'],
    ] as const)
      expectFailed(changed(type, { signature }), by, { code: 'badCommitmentSignature', n: 1n });
  });

  it('a secret that is another: wrongSecret', () => {
    for (const [type, by] of [
      ['accept_update', 'consumer'],
      ['revoke', 'producer'],
    ] as const)
      for (const secret of [new Uint8Array(32), new Uint8Array(32).fill(255), secretOf('made up')])
        expectFailed(changed(type, { secret }), by, { code: 'wrongSecret', n: 0n });
  });

  it('a next point that is none: badPoint', () => {
    for (const [type, by] of [
      ['accept_update', 'consumer'],
      ['revoke', 'producer'],
    ] as const)
      expectFailed(changed(type, { nextPoint: new Uint8Array(33) }), by, { code: 'badPoint', n: 2n });
  });

  it('a point that does not belong to the secret that comes next: wrongSecret in the round after', () => {
    const harness = changed('accept_update', { nextPoint: secp.publicKey(secretOf('another')) });
    harness.dispatch('consumer', { type: 'update', update: payment });
    harness.run();
    expect(harness.nodes.producer.state).toMatchObject({ type: 'settling' });
  });

  it('an answer to nothing, a proposal without the turn, a turn that was not ours to get: outOfTurn', () => {
    const channel = openChannel();
    channel.dispatch('consumer', { type: 'update', update: payment });
    channel.run();
    const words = TRADERS.flatMap((role) => channel.nodes[role].actions).flatMap((action) =>
      action.type === 'send' && ['accept_update', 'revoke', 'propose_update'].includes(action.message.type)
        ? [action.message]
        : [],
    );
    for (const message of words) {
      const harness = openChannel();
      const to = message.type === 'propose_update' ? 'consumer' : 'producer';
      harness.inject(otherTrader(to), to, message);
      expectFailed(harness, to, { code: 'outOfTurn', message: message.type, turn: 0n, phase: 'idle' });
    }
    const harness = openChannel();
    const { channelId } =
      harness.nodes.consumer.state.type === 'open' ? trader(harness, 'consumer').identity : never();
    harness.inject('consumer', 'producer', { type: 'yield_turn', channelId, turn: 2n });
    expectFailed(harness, 'producer', { code: 'outOfTurn', message: 'yield_turn', turn: 0n, phase: 'idle' });
  });

  it('two proposals at once, or one while we propose: outOfTurn', () => {
    const harness = openChannel();
    harness.dispatch('consumer', { type: 'update', update: payment });
    const [proposal] = harness.underWay('consumer', 'producer');
    if (proposal === undefined) never();
    harness.inject('producer', 'consumer', proposal);
    expectFailed(harness, 'consumer', {
      code: 'outOfTurn',
      message: 'propose_update',
      turn: 0n,
      phase: proposing,
    });
  });

  it('anything of a round before the greeting: outOfTurn', () => {
    const harness = openChannel();
    harness.dispatch('consumer', { type: 'update', update: payment });
    const [proposal] = harness.underWay('consumer', 'producer');
    if (proposal === undefined) never();
    harness.cut('consumer-producer');
    harness.inject('consumer', 'producer', proposal);
    expectFailed(harness, 'producer', {
      code: 'outOfTurn',
      message: 'propose_update',
      turn: 0n,
      phase: 'idle',
    });
  });
});

describe('what the market says wrong', () => {
  it('a tariff of another channel, unsigned, malformed or overlapping: refused, the prices stay', () => {
    const harness = tradingChannel();
    const { market } = trader(harness, 'consumer');
    const [tariff] = market.tariffs;
    if (tariff === undefined) never();
    const channelId = channelIdOf(harness);
    const context = harness.contextOf('utility');
    const good = signBody(context, TARIFF, tariff);
    for (const signed of [
      signBody(context, TARIFF, { ...tariff, channelId: new Uint8Array(32) }),
      { ...good, signature: new Uint8Array(64) },
      { ...good, body: new Uint8Array(9) },
      signBody(context, TARIFF, { ...tariff, until: tariff.from }),
      signBody(context, TARIFF, { ...tariff, slot: 1, firstUnit: 19n }),
    ])
      harness.inject('utility', 'consumer', { type: 'tariff', channelId, signed });
    expect(refusals(harness, 'consumer')).toEqual([
      { code: 'badTariff', reason: 'otherChannel' },
      { code: 'badTariff', reason: 'badSignature' },
      { code: 'badTariff', reason: 'malformed' },
      { code: 'badTariff', reason: 'emptySlot' },
      { code: 'tariffOverlaps', firstUnit: 19n, lowest: 20n },
    ]);
    expect(trader(harness, 'consumer').market).toEqual(market);
    harness.inject('utility', 'consumer', { type: 'tariff', channelId, signed: good });
    expect(trader(harness, 'consumer').market).toEqual(market);
  });

  it('an offer of another seller, unsigned, malformed or older than the last: badOffer, the channel fails', () => {
    const reasons = [
      (offer: Offer) => ({ ...offer, seller: 'consumer' as const }),
      (offer: Offer) => ({ ...offer, channelId: new Uint8Array(32) }),
      (offer: Offer) => ({ ...offer, offerId: 0n }),
      (offer: Offer) => ({ ...offer, units: 0 }),
    ].map((change) => {
      const harness = tradingChannel();
      offerUnits(harness, 3);
      harness.run();
      const offer = trader(harness, 'consumer').market.offers.producer;
      if (offer === null) never();
      const signed = signBody(harness.contextOf('producer'), OFFER, change(offer));
      harness.inject('producer', 'consumer', { type: 'offer', channelId: channelIdOf(harness), signed });
      const { state } = harness.nodes.consumer;
      return state.type === 'settling' && state.why.code === 'protocolError' ? state.why.error : undefined;
    });
    expect(reasons).toEqual([
      { code: 'badOffer', reason: 'otherChannel' },
      { code: 'badOffer', reason: 'otherChannel' },
      { code: 'badOffer', reason: 'olderThanKnown' },
      { code: 'badOffer', reason: 'noUnits' },
    ]);
    for (const [change, reason] of [
      [{ signature: new Uint8Array(64) }, 'badSignature'],
      [{ body: new Uint8Array(2) }, 'malformed'],
    ] as const) {
      const harness = tradingChannel({
        tamper: (_from, _to, message) =>
          message.type === 'offer' ? { ...message, signed: { ...message.signed, ...change } } : message,
      });
      expect(harness.nodes.consumer.state).toMatchObject({
        why: { code: 'protocolError', error: { code: 'badOffer', reason } },
      });
    }
  });

  it('our own application offers nothing, or numbers that no message can carry: badOffer, nothing is said', () => {
    const harness = openChannel();
    const good = {
      type: 'offer',
      units: 1,
      unitEnergyWh: 1,
      minMsatPerWh: 0n,
      until: START_TIME + 1,
    } as const;
    for (const change of [
      { units: 0 },
      { units: 2 ** 32 },
      { units: 0.5 },
      { unitEnergyWh: 0 },
      { minMsatPerWh: -1n },
      { until: -1 },
    ])
      harness.dispatch('producer', { ...good, ...change });
    expect(refusals(harness, 'producer').map((error) => 'reason' in error && error.reason)).toEqual([
      'noUnits',
      'outOfRange',
      'outOfRange',
      'noEnergy',
      'outOfRange',
      'outOfRange',
    ]);
    expect(trader(harness, 'producer').market.offers.producer).toBeNull();
  });
});

function never(): never {
  throw new Error('unexpected');
}
