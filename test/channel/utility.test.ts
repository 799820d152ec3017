import { describe, expect, it } from 'vitest';
import { msat, sat } from '../../src/base/amount.ts';
import type { Trader } from '../../src/base/role.ts';
import type { MessageOf, StateProof } from '../../src/wire/messages.ts';
import {
  channelIdOf,
  DEFAULT_PARAMS,
  type Harness,
  meterOf,
  noticesOf,
  openChannel,
  publishTariff,
  refusals,
  START_TIME,
  trader,
  tradingChannel,
  UNIT_WH,
  utility,
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

  it('the request lost with the connection: said again with the next one', () => {
    const harness = undelivered();
    harness.cut('consumer-utility');
    request(harness);
    harness.run();
    expect(utility(harness).arbitration).toBeNull();
    harness.connect('consumer-utility');
    harness.run();
    expect(utility(harness).arbitration).toMatchObject({ claimant: 'consumer', stage: 'contest' });
  });

  it('the signature lost with the connection: said again with the next one', () => {
    const harness = undelivered();
    request(harness);
    harness.run();
    harness.cut('consumer-utility');
    harness.dispatch('utility', { type: 'arbitrated', outcome: { type: 'penalise' } });
    harness.connect('consumer-utility');
    harness.run();
    expect(harness.broadcasts.filter(({ purpose }) => purpose === 'penalty')).toHaveLength(1);
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
    expect(utility(harness).arbitration).toEqual(before);
  });

  it('a request of the other side while a case is open: refused, the case stays', () => {
    const harness = undelivered();
    request(harness);
    harness.run();
    const before = utility(harness).arbitration;
    harness.dispatch('producer', { type: 'requestArbitration', feeSat: 2000n });
    harness.run();
    expect(utility(harness).arbitration).toEqual(before);
    expect(noticesOf(harness, 'producer', 'arbitrationRefused')).toEqual([
      { type: 'arbitrationRefused', n: 1n, reason: 'another case is open' },
    ]);
  });

  it('a request that proves nothing while a case is open: refused, the case stays', () => {
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

  it('refused: the claimant goes to the chain with its commitment', () => {
    const harness = undelivered();
    request(harness);
    harness.run();
    harness.dispatch('utility', { type: 'arbitrated', outcome: { type: 'refuse', reason: 'staleState' } });
    harness.run();
    expect(utility(harness).arbitration).toBeNull();
    expect(harness.nodes.consumer.state).toMatchObject({
      type: 'settling',
      penalty: null,
      candidates: [{ purpose: 'commitment' }],
    });
  });

  it('nothing in flight: nothingToArbitrate, the channel stays open', () => {
    const harness = tradingChannel();
    request(harness);
    expect(refusals(harness, 'consumer')).toEqual([{ code: 'nothingToArbitrate' }]);
    expect(trader(harness, 'consumer').type).toBe('open');
  });

  it('a fee that is no amount, or more than the utility would have: badFee, feeTooHigh', () => {
    const harness = undelivered();
    request(harness, -1n);
    request(harness, 2n ** 60n);
    request(harness, 1_000_000n);
    expect(refusals(harness, 'consumer')).toEqual([
      { code: 'badFee', feeSat: -1n },
      { code: 'badFee', feeSat: 2n ** 60n },
      { code: 'feeTooHigh', feeSat: 1_000_000n, availableSat: 12_169n },
    ]);
    expect(trader(harness, 'consumer').type).toBe('open');
  });

  it('while the channel shuts down: the same as while it is open', () => {
    const harness = undelivered();
    harness.dispatch('consumer', { type: 'close', payoutScript: null, feeRate: 1000n });
    request(harness);
    expect(harness.nodes.consumer.state).toMatchObject({ type: 'settling', penalty: { feeSat: 1000n } });
  });

  it('a signature that does not fit: badArbitrationSignature, nothing is broadcast', () => {
    const harness = tradingChannel({
      tamper: (_from, _to, message) =>
        message.type === 'arbitration_signed' ? { ...message, signature: new Uint8Array(64) } : message,
    });
    buy(harness, 1);
    harness.mine(1);
    request(harness);
    harness.run();
    harness.dispatch('utility', { type: 'arbitrated', outcome: { type: 'penalise' } });
    harness.run();
    expect(refusals(harness, 'consumer')).toEqual([{ code: 'badArbitrationSignature', n: 1n }]);
    expect(harness.broadcasts.some(({ purpose }) => purpose === 'penalty')).toBe(false);
  });

  it('a state that is not signed, nothing in flight, a fee that eats it up: refused by the utility', () => {
    const reasons = [
      (asked: MessageOf<'request_arbitration'>) => ({
        proof: { ...asked.proof, signature: new Uint8Array(64) },
      }),
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
    expect(reasons).toEqual([['badSignature'], ['the fee is more than what is forfeited']]);
  });
});
