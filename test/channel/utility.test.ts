import { describe, expect, it } from 'vitest';
import { msat, sat } from '../../src/base/amount.ts';
import { ROLES, type Trader } from '../../src/base/role.ts';
import { MAX_SHOWN } from '../../src/channel/cases.ts';
import type { Verdict } from '../../src/market/attestation.ts';
import { DELIVERY_STATEMENT } from '../../src/market/deliveryStatement.ts';
import { decodeSigned } from '../../src/market/statement.ts';
import { txid } from '../../src/tx/transaction.ts';
import type { MessageOf, StateProof } from '../../src/wire/messages.ts';
import {
  channelIdOf,
  DEFAULT_CONTRIBUTIONS,
  DEFAULT_PARAMS,
  GRID_FEE,
  type Harness,
  ledgerOf,
  meterOf,
  noticesOf,
  offerUnits,
  openChannel,
  PAYMENT,
  publishTariff,
  refusals,
  SETTLEMENT,
  START_TIME,
  trader,
  tradingChannel,
  UNIT_WH,
  utility,
  utilitySignerOf,
} from '../support/channelHarness.ts';

function buy(harness: Harness, units: number): void {
  harness.dispatch('consumer', { type: 'buy', units });
  harness.run();
}

function produce(harness: Harness, units = 1): void {
  harness.produce(units * UNIT_WH);
  harness.run();
}

/** A state proof that the producer sends, and what it would look like with changed deliveries. */
function proofOf(harness: Harness): MessageOf<'state_proof'> {
  const sent = harness.nodes.producer.actions.flatMap((action) =>
    action.type === 'send' && action.message.type === 'state_proof' ? [action.message] : [],
  );
  const last = sent.at(-1);
  if (last === undefined) throw new Error('nothing proved');
  return last;
}

type Delivery = StateProof['ledger']['deliveries'][number];

function withDelivery(
  message: MessageOf<'state_proof'>,
  change: (delivery: Delivery) => Partial<Delivery>,
): MessageOf<'state_proof'> {
  const { proof } = message;
  const deliveries = proof.ledger.deliveries.map((each) => ({ ...each, ...change(each) }));
  return { ...message, proof: { ...proof, ledger: { ...proof.ledger, deliveries } } };
}

describe('a state that a trader proves', () => {
  /** The utility hears nothing of an order until a test says so. */
  function unheard(): { harness: Harness; proof: MessageOf<'state_proof'> } {
    const harness = tradingChannel();
    harness.cut('producer-utility');
    harness.cut('consumer-utility');
    buy(harness, 1);
    return { harness, proof: proofOf(harness) };
  }

  function expectRefused(message: MessageOf<'state_proof'>, from: Trader, reason: string): void {
    const { harness } = unheard();
    const before = harness.nodes.utility.state;
    harness.inject(from, 'utility', message);
    expect(refusals(harness, 'utility')).toEqual([{ code: 'badStateProof', reason }]);
    expect(harness.nodes.utility.state).toEqual(before);
  }

  it('less energy than the tariff’s, which no signature covers: badStateProof, a unit is not cheaper to deliver', () => {
    const { proof } = unheard();
    expectRefused(
      withDelivery(proof, () => ({ energyWh: 1n })),
      'producer',
      'unit 0: energyWh 1, not 1000',
    );
  });

  it('another price, the sum unchanged: badStateProof', () => {
    const { proof } = unheard();
    const changed = withDelivery(proof, ({ paymentMsat, bondMsat }) => ({
      paymentMsat: msat(paymentMsat - 1000n),
      bondMsat: msat(bondMsat + 1000n),
    }));
    expectRefused(changed, 'producer', 'unit 0: paymentMsat 999000, not 1000000');
  });

  it('the number of another unit: badStateProof, its preimage stays secret', () => {
    const { proof } = unheard();
    expectRefused(
      withDelivery(proof, () => ({ unit: 1n })),
      'producer',
      'unit 1 with a lock that is not ours',
    );
  });

  it('a signature that does not fit: badStateProof', () => {
    const { proof } = unheard();
    expectRefused(
      { ...proof, proof: { ...proof.proof, signature: new Uint8Array(64) } },
      'producer',
      'badSignature',
    );
  });

  it('the other side’s state: badStateProof', () => {
    const { proof } = unheard();
    expectRefused(proof, 'consumer', 'of the other side');
  });

  it('a unit that no tariff has any more: badStateProof', () => {
    const { harness, proof } = unheard();
    for (let slot = 1; slot < 10; slot++) publishTariff(harness, slot, 5);
    harness.inject('producer', 'utility', proof);
    expect(refusals(harness, 'utility')).toEqual([
      { code: 'badStateProof', reason: 'unit 0 without a tariff' },
    ]);
  });

  it('with a unit of a tariff that its database has not, being an old copy: refused as such', () => {
    const harness = tradingChannel({ units: 2 });
    buy(harness, 2);
    produce(harness, 2);
    const old = utility(harness);
    harness.now = START_TIME + 3600;
    publishTariff(harness, 1, 5);
    harness.run();
    offerUnits(harness, 5);
    buy(harness, 1);
    const proof = proofOf(harness);
    expect(proof.proof.ledger.deliveries).toMatchObject([{ unit: 2n }]);
    harness.nodes.utility.state = old;
    harness.inject('producer', 'utility', proof);
    expect(harness.nodes.utility.state).toEqual(old);
    expect(refusals(harness, 'utility')).toEqual([{ code: 'oldCopy', unit: 2n }]);
  });

  it('lower than one it proved before: nothing changes', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    const old = proofOf(harness);
    produce(harness);
    const before = harness.nodes.utility.state;
    harness.inject('producer', 'utility', old);
    expect(harness.nodes.utility.state).toEqual(before);
    expect(refusals(harness, 'utility')).toEqual([]);
  });
});

describe('units that end without the utility', () => {
  it('cancelled: their energy is free for the next unit at once', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    for (const trader of ['producer', 'consumer'] as const) {
      harness.dispatch(trader, { type: 'update', update: { type: 'cancel', id: 0n } });
      harness.run();
    }
    expect(harness.nodes.utility.actions).toContainEqual({
      type: 'cancelUnit',
      channelId: channelIdOf(harness),
      unit: 0n,
      meter: meterOf('producer'),
    });
    buy(harness, 1);
    produce(harness);
    expect(noticesOf(harness, 'producer', 'unitSettled')).toHaveLength(1);
  });

  it('settled on the buyer’s word: the energy that it got is not there for another', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    harness.dispatch('consumer', { type: 'update', update: { type: 'settle', id: 0n, preimage: null } });
    harness.run();
    expect(harness.nodes.utility.actions.some(({ type }) => type === 'cancelUnit')).toBe(false);
  });

  it('one cancelled, one settled, one ordered in the same round: the one whose payment is back', () => {
    const harness = tradingChannel();
    buy(harness, 2);
    harness.cut('consumer-producer');
    harness.dispatch('consumer', { type: 'update', update: { type: 'settle', id: 0n, preimage: null } });
    harness.dispatch('consumer', {
      type: 'update',
      update: { type: 'transfer', from: 'consumer', amountMsat: msat(7) },
    });
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    harness.connect('consumer-producer');
    harness.run();
    expect(harness.nodes.utility.actions.some(({ type }) => type === 'cancelUnit')).toBe(false);
    expect(utility(harness).register.map(({ delivery }) => delivery.unit)).toEqual([1n, 2n]);
  });
});

describe('a reading', () => {
  it('of another meter, malformed, or signed by another: badReading, nothing is metered', () => {
    const harness = tradingChannel();
    harness.produce(UNIT_WH);
    const [reading] = harness.underWay('producer', 'utility').filter(({ type }) => type === 'meter_reading');
    if (reading?.type !== 'meter_reading') throw new Error('no reading');
    harness.inject('consumer', 'utility', reading);
    harness.inject('producer', 'utility', {
      ...reading,
      signed: { ...reading.signed, body: new Uint8Array(1) },
    });
    harness.inject('producer', 'utility', {
      ...reading,
      signed: { ...reading.signed, signature: new Uint8Array(64) },
    });
    expect(refusals(harness, 'utility')).toEqual([
      { code: 'badReading', reason: 'wrongMeter' },
      { code: 'badReading', reason: 'malformed' },
      { code: 'badReading', reason: 'badSignature' },
    ]);
    expect(harness.nodes.utility.actions.some(({ type }) => type === 'meterRead')).toBe(false);
  });
});

describe('a tariff that breaks its own rules', () => {
  it('no units, no time, no price, numbers that no message can carry: badTariff', () => {
    const harness = openChannel();
    const good = {
      type: 'publishTariff',
      slot: 0,
      from: START_TIME,
      until: START_TIME + 60,
      msatPerWh: 1000n,
      unitEnergyWh: 1000,
      units: 5,
    } as const;
    const before = harness.nodes.utility.state;
    for (const change of [
      { units: 0 },
      { units: 2000 },
      { units: 1.5 },
      { until: START_TIME },
      { msatPerWh: 0n },
      { msatPerWh: 2n ** 64n },
      { unitEnergyWh: 0 },
      { unitEnergyWh: 2 ** 32 },
      { slot: -1 },
      { slot: 2 ** 32 },
      { from: -5 },
      { from: 0.5 },
      { until: Number.MAX_VALUE },
    ])
      harness.dispatch('utility', { ...good, ...change });
    expect(harness.nodes.utility.state).toEqual(before);
    expect(refusals(harness, 'utility').map((error) => 'reason' in error && error.reason)).toEqual([
      'units',
      'units',
      'units',
      'emptySlot',
      'priceNotPositive',
      'unitTooExpensive',
      'noEnergy',
      'outOfRange',
      'outOfRange',
      'outOfRange',
      'outOfRange',
      'outOfRange',
      'outOfRange',
    ]);
  });
});

describe('arbitration', () => {
  /** A unit that was not delivered; the traders have no connection. */
  function undelivered(): Harness {
    const harness = tradingChannel();
    buy(harness, 1);
    harness.cut('consumer-producer');
    harness.mine(DEFAULT_PARAMS.deliveryWindow);
    return harness;
  }

  function request(harness: Harness, feeSat = 1000n): void {
    harness.dispatch('consumer', { type: 'requestArbitration', feeSat });
  }

  /** The utility comes to the height from which its key counts; the others see no block. */
  function utilityAtT(harness: Harness): void {
    harness.mine(SETTLEMENT - harness.nodes.utility.height, ['utility']);
    harness.run();
  }

  const penalties = (harness: Harness) => harness.broadcasts.filter(({ purpose }) => purpose === 'penalty');

  it('the request lost with the connection: said again with the next one', () => {
    const harness = undelivered();
    harness.cut('consumer-utility');
    request(harness);
    harness.run();
    expect(utility(harness).arbitration).toBeNull();
    harness.connect('consumer-utility');
    harness.run();
    expect(utility(harness).arbitration).toMatchObject({ claimant: 'consumer', verdict: null });
  });

  it('the verdict reaches both: either could broadcast the same transaction, and both go to settling', () => {
    const harness = undelivered();
    request(harness);
    harness.run();
    utilityAtT(harness);
    expect(penalties(harness).map(({ role }) => role)).toEqual(['consumer', 'producer']);
    const [first, second] = penalties(harness);
    expect(first && second && txid(first.tx) === txid(second.tx)).toBe(true);
    expect(first?.tx.locktime).toBe(SETTLEMENT);
    expect(harness.nodes.producer.state).toMatchObject({ type: 'settling', why: { code: 'verdict', n: 1n } });
    for (const role of ROLES) {
      expect(noticesOf(harness, role, 'verdict')).toMatchObject([
        { statement: { n: 1n, claimant: 'consumer', outcomes: [{ outcome: 'notDelivered' }] } },
      ]);
      expect(harness.nodes[role].records.filter(({ type }) => type === 'verdict')).toHaveLength(1);
    }
  });

  it('the verdict lost with the connection: said again with the next one', () => {
    const harness = undelivered();
    request(harness);
    harness.run();
    for (const link of ['consumer-utility', 'producer-utility'] as const) harness.cut(link);
    utilityAtT(harness);
    expect(penalties(harness)).toEqual([]);
    for (const link of ['consumer-utility', 'producer-utility'] as const) harness.connect(link);
    harness.run();
    expect(penalties(harness)).toHaveLength(2);
  });

  it('the same request again: the case is not opened anew, its time runs on', () => {
    const harness = undelivered();
    request(harness);
    harness.run();
    const before = utility(harness).arbitration;
    harness.mine(3);
    harness.cut('consumer-utility');
    harness.connect('consumer-utility');
    harness.run();
    expect(utility(harness).arbitration).toMatchObject({ openedAt: before?.openedAt, until: before?.until });
  });

  it('a request of the other side while a case is open: an answer to it, one verdict for both', () => {
    const harness = undelivered();
    request(harness);
    harness.run();
    harness.dispatch('producer', { type: 'requestArbitration', feeSat: 2000n });
    harness.run();
    expect(utility(harness).arbitration).toMatchObject({ claimant: 'consumer', feeSat: 1000n });
    expect(noticesOf(harness, 'producer', 'arbitrationRefused')).toEqual([]);
    utilityAtT(harness);
    expect(penalties(harness).map(({ role }) => role)).toEqual(['consumer', 'producer']);
  });

  it('a request that proves nothing while a case is open: the case stays', () => {
    const harness = undelivered();
    request(harness);
    harness.run();
    const before = utility(harness).arbitration;
    const [asked] = harness.nodes.consumer.actions.flatMap((action) =>
      action.type === 'send' && action.message.type === 'request_arbitration' ? [action.message] : [],
    );
    if (asked === undefined) throw new Error('nothing asked');
    harness.inject('producer', 'utility', asked);
    expect(utility(harness).arbitration).toEqual(before);
  });

  it('delivered meanwhile, so that nothing is forfeited to pay the fee: refused, the claimant goes to the chain', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    request(harness);
    harness.run();
    produce(harness);
    harness.mine(DEFAULT_PARAMS.contestWindow, ['utility']);
    harness.run();
    expect(utility(harness).arbitration).toBeNull();
    expect(noticesOf(harness, 'consumer', 'arbitrationRefused')).toMatchObject([{ reason: 'feeTooHigh' }]);
    expect(harness.nodes.consumer.state).toMatchObject({
      type: 'settling',
      claim: null,
      candidates: [{ purpose: 'commitment' }],
    });
  });

  it('delivered meanwhile, and the reserve pays the fee: the verdict pays the seller', () => {
    const harness = tradingChannel({ params: { arbitration: { type: 'immediate' } } });
    buy(harness, 1);
    request(harness, 600n);
    harness.run();
    produce(harness);
    harness.mine(DEFAULT_PARAMS.contestWindow, ['utility']);
    harness.run();
    const seller = DEFAULT_CONTRIBUTIONS.producer + PAYMENT - GRID_FEE;
    const [penalty] = penalties(harness);
    expect(penalty?.tx.outputs.map(({ value }) => value)).toContain(seller / 1000n);
    expect(noticesOf(harness, 'utility', 'verdict')).toMatchObject([
      { statement: { findings: [{ code: 'deliveryAttested', against: 'consumer' }] } },
    ]);
  });

  it('nothing in flight, the other side does not answer: decided as the state says', () => {
    const harness = tradingChannel({ params: { arbitration: { type: 'immediate' } } });
    harness.cut('consumer-producer');
    request(harness, 600n);
    harness.run();
    harness.mine(DEFAULT_PARAMS.contestWindow, ['utility']);
    harness.run();
    expect(noticesOf(harness, 'consumer', 'verdict')).toMatchObject([{ statement: { n: 0n, outcomes: [] } }]);
    expect(penalties(harness)[0]?.tx.outputs.map(({ value }) => value)).toEqual([
      10_000n,
      390_000n,
      600_069n,
    ]);
  });

  it.each(['immediate', 'afterHeight'] as const)(
    'a utility that never answers, %s: the claimant waits its time and no longer',
    (type) => {
      const arbitration = type === 'immediate' ? { type } : { type, height: SETTLEMENT };
      const harness = tradingChannel({ params: { arbitration } });
      buy(harness, 1);
      harness.cut('consumer-producer');
      harness.cut('consumer-utility');
      request(harness);
      const { deadline = 0 } = ledgerOf(harness, 'consumer').deliveries[0] ?? {};
      const latest = type === 'immediate' ? deadline + 1 : SETTLEMENT;
      const giveUpAt = latest + DEFAULT_PARAMS.resolutionMargin + 3;
      harness.mine(giveUpAt - 1 - harness.nodes.consumer.height, ['consumer']);
      expect(harness.broadcasts.filter(({ role }) => role === 'consumer')).toMatchObject([
        { purpose: 'funding' },
      ]);
      harness.mine(1, ['consumer']);
      expect(harness.broadcasts.at(-1)).toMatchObject({ role: 'consumer', purpose: 'commitment' });
      expect(noticesOf(harness, 'consumer', 'arbitrationGivenUp')).toHaveLength(1);
    },
  );

  it('a claimant that sold, holds the preimage and gets no verdict by the deadline: its commitment', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    harness.dispatch('producer', { type: 'requestArbitration', feeSat: 600n });
    harness.run();
    produce(harness);
    const { deadline = 0 } = ledgerOf(harness, 'producer').deliveries[0] ?? {};
    harness.mine(deadline - 1 - harness.nodes.producer.height, ['producer']);
    expect(harness.broadcasts.some(({ role }) => role === 'producer')).toBe(false);
    harness.mine(1, ['producer']);
    expect(harness.broadcasts.at(-1)).toMatchObject({ role: 'producer', purpose: 'commitment' });
  });

  it('a verdict against what the seller holds the preimage of: it goes to the chain, and keeps the verdict', () => {
    const harness = undelivered();
    request(harness);
    harness.run();
    const preimage = utilitySignerOf().preimage(channelIdOf(harness), 0n);
    const { producer } = harness.nodes;
    if (producer.state.type !== 'open') throw new Error('not open');
    const preimages = [{ id: 0n, preimage, since: producer.height }];
    producer.state = { ...producer.state, market: { ...producer.state.market, preimages } };
    utilityAtT(harness);
    expect(producer.state).toMatchObject({
      type: 'settling',
      why: { code: 'badVerdict', reason: 'deliveredForfeited' },
      candidates: [{ purpose: 'commitment' }],
    });
    expect(producer.records.at(-1)).toMatchObject({ type: 'verdict' });
  });

  it('a unit that a verdict forfeited is never attested afterwards', () => {
    const harness = undelivered();
    request(harness);
    harness.run();
    utilityAtT(harness);
    const [known] = utility(harness).register;
    if (known?.type !== 'notDelivered') throw new Error('not refused');
    const { delivery, statement } = known;
    const said = decodeSigned(DELIVERY_STATEMENT, statement);
    if (!said.ok) throw new Error('no statement');
    harness.nodes.utility.state = { ...utility(harness), register: [{ type: 'ordered', delivery }] };
    const before = harness.nodes.utility.actions.length;
    const { deadline } = delivery;
    const verdict = { ...said.value.body, deadline, verdict: 'delivered' } as unknown as Verdict;
    harness.dispatch('utility', { type: 'unitDecided', verdict });
    expect(harness.nodes.utility.actions.slice(before)).toEqual([]);
  });

  it('a fee that is no amount, or more than is forfeited: badFee, feeTooHigh', () => {
    const harness = undelivered();
    request(harness, -1n);
    request(harness, 2n ** 60n);
    request(harness, 1_000_000n);
    expect(refusals(harness, 'consumer')).toEqual([
      { code: 'badFee', feeSat: -1n },
      { code: 'badFee', feeSat: 2n ** 60n },
      { code: 'feeTooHigh', feeSat: 1_000_000n, availableSat: 2_169n },
    ]);
    expect(trader(harness, 'consumer').type).toBe('open');
  });

  it('while the channel shuts down: the same as while it is open', () => {
    const harness = undelivered();
    harness.dispatch('consumer', { type: 'close', payoutScript: null, feeRate: 1000n });
    request(harness);
    expect(harness.nodes.consumer.state).toMatchObject({ type: 'settling', claim: { feeSat: 1000n } });
  });

  it('a signature that does not fit, a body that is none: badVerdict, nothing is broadcast', () => {
    const changes = [{ signature: new Uint8Array(64) }, { signed: SOMETHING_SIGNED }];
    const reasons = changes.map((change) => {
      const harness = tradingChannel({
        tamper: (_from, _to, message) =>
          message.type === 'arbitration_verdict' ? { ...message, ...change } : message,
      });
      buy(harness, 1);
      harness.cut('consumer-producer');
      request(harness);
      harness.run();
      utilityAtT(harness);
      expect(penalties(harness)).toEqual([]);
      return refusals(harness, 'consumer').map((error) => 'reason' in error && error.reason);
    });
    expect(reasons).toEqual([['badSignature'], ['malformed']]);
  });

  it('a state that is not signed, a fee that eats it up or is above the limit: refused by the utility', () => {
    const reasons = [
      (asked: MessageOf<'request_arbitration'>) => ({
        proof: { ...asked.proof, signature: new Uint8Array(64) },
      }),
      () => ({ feeSat: sat(2_170) }),
      () => ({ feeSat: sat(1_000_000) }),
    ].map((change) => {
      const harness = tradingChannel({
        tamper: (_from, _to, message) =>
          message.type === 'request_arbitration' ? { ...message, ...change(message) } : message,
      });
      buy(harness, 1);
      request(harness);
      harness.run();
      return noticesOf(harness, 'utility', 'arbitrationRefused').map(({ reason }) => reason);
    });
    expect(reasons).toEqual([['badSignature'], ['feeTooHigh'], ['feeTooHigh']]);
  });

  it('what is shown while a case is open is kept within bounds', () => {
    const harness = undelivered();
    request(harness);
    harness.run();
    for (let i = 0; i < MAX_SHOWN + 2; i++) {
      const [proof] = utility(harness).proofs.filter(({ broadcaster }) => broadcaster === 'producer');
      if (proof === undefined) throw new Error('nothing proved');
      const signature = new Uint8Array(64).fill(i + 1);
      const channelId = channelIdOf(harness);
      harness.inject('producer', 'utility', {
        type: 'state_proof',
        channelId,
        proof: { ...proof, signature },
      });
    }
    expect(utility(harness).arbitration?.proofs).toHaveLength(MAX_SHOWN);
    utilityAtT(harness);
    const [told] = noticesOf(harness, 'utility', 'verdict');
    expect(told?.statement.findings).toContainEqual({ code: 'forgedProof', against: 'producer' });
  });
});

const SOMETHING_SIGNED = { body: new Uint8Array(5), signature: new Uint8Array(64) };
