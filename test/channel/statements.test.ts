import { describe, expect, it } from 'vitest';
import type { Trader } from '../../src/base/role.ts';
import { DELIVERY_STATEMENT } from '../../src/market/deliveryStatement.ts';
import { decodeSigned, encodeSigned } from '../../src/market/statement.ts';
import {
  channelIdOf,
  DEFAULT_PARAMS,
  type Harness,
  ledgerOf,
  noticesOf,
  proposeAs,
  refusals,
  trader,
  tradingChannel,
  utility,
  utilitySignerOf,
} from '../support/channelHarness.ts';

/** One unit in flight. */
function ordered(): Harness {
  const harness = tradingChannel();
  harness.dispatch('consumer', { type: 'buy', units: 1 });
  harness.run();
  return harness;
}

/** What the utility said of units to a trader, as it said it. */
function saidTo(harness: Harness, to: Trader) {
  return harness.nodes.utility.actions.flatMap((action) =>
    action.type === 'send' &&
    action.to === to &&
    (action.message.type === 'attest_delivery' || action.message.type === 'refuse_delivery')
      ? [action.message]
      : [],
  );
}

describe('the utility’s word on a unit', () => {
  it('on its way, and the buyer cancels to be faster: notReleased, the seller keeps the preimage and closes', () => {
    const harness = ordered();
    harness.cut('consumer-producer');
    harness.produce(1000);
    harness.run();
    harness.connect('consumer-producer');
    while (trader(harness, 'producer').link !== 'up') harness.deliver('consumer', 'producer');
    proposeAs(harness, 'consumer', () => [{ type: 'cancel', id: 0n }]);
    expect(harness.nodes.producer.state).toMatchObject({
      type: 'settling',
      why: {
        code: 'protocolError',
        error: { code: 'notReleased', id: 0n },
      },
      market: { preimages: [{ id: 0n }] },
    });
  });

  it('the buyer’s own wish to cancel: refused before anything is said', () => {
    const harness = ordered();
    harness.dispatch('consumer', { type: 'update', update: { type: 'cancel', id: 0n } });
    harness.run();
    expect(refusals(harness, 'consumer')).toEqual([{ code: 'notReleased', id: 0n }]);
  });

  it('said again with each state that is proved: told and written down once', () => {
    const harness = ordered();
    harness.mine(DEFAULT_PARAMS.deliveryWindow, ['utility']);
    harness.run();
    for (let i = 0; i < 3; i++) {
      harness.cut('producer-utility');
      harness.connect('producer-utility');
      harness.run();
    }
    expect(saidTo(harness, 'producer').length).toBeGreaterThan(3);
    expect(noticesOf(harness, 'producer', 'unitRefused')).toHaveLength(1);
    expect(harness.nodes.producer.records.filter(({ type }) => type === 'statement')).toHaveLength(1);
  });

  it('a unit that nobody ordered and no tariff has: unknownUnit, later units are ordered as before', () => {
    const harness = ordered();
    harness.produce(1000);
    harness.run();
    const [word] = saidTo(harness, 'consumer');
    if (word === undefined) throw new Error('nothing said');
    harness.inject('utility', 'consumer', { ...word, unit: 2n ** 60n });
    harness.inject('utility', 'consumer', { ...word, unit: 5n });
    expect(refusals(harness, 'consumer')).toEqual([
      { code: 'unknownUnit', unit: 2n ** 60n },
      { code: 'unknownUnit', unit: 5n },
    ]);
    expect(trader(harness, 'consumer').market.firstFreeUnit).toBe(0n);
  });

  it('the preimage of a unit that was never ordered: that unit is passed over', () => {
    const harness = ordered();
    harness.produce(1000);
    harness.run();
    const [word] = saidTo(harness, 'consumer');
    if (word === undefined) throw new Error('nothing said');
    const said = decodeSigned(DELIVERY_STATEMENT, word.signed);
    if (!said.ok) throw new Error('malformed');
    const preimage = utilitySignerOf().preimage(channelIdOf(harness), 1n);
    const body = { ...said.value.body, verdict: 'delivered', unit: 1n, preimage } as const;
    const signed = encodeSigned(DELIVERY_STATEMENT, { ...said.value, body });
    harness.inject('utility', 'consumer', { ...word, unit: 1n, signed });
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    harness.run();
    expect(ledgerOf(harness, 'producer').deliveries).toMatchObject([{ unit: 2n }]);
  });

  it('a word that is not what it says, of a unit in flight: badStatement, nothing is learned', () => {
    const harness = ordered();
    harness.cut('consumer-producer');
    harness.produce(1000);
    harness.run();
    const [word] = saidTo(harness, 'producer');
    if (word === undefined) throw new Error('nothing said');
    const fresh = ordered();
    const bad = { ...word, signed: { ...word.signed, signature: new Uint8Array(64) } };
    const { state } = fresh.nodes.consumer;
    fresh.inject('utility', 'consumer', bad);
    fresh.inject('utility', 'consumer', { ...word, signed: { ...word.signed, body: new Uint8Array(3) } });
    expect(refusals(fresh, 'consumer')).toEqual([
      { code: 'badStatement', unit: 0n, reason: 'badSignature' },
      { code: 'badStatement', unit: 0n, reason: 'malformed' },
    ]);
    expect(fresh.nodes.consumer.state).toEqual(state);
  });

  it('the utility away while a unit is settled: it hears of it with the next connection', () => {
    const harness = ordered();
    harness.cut('consumer-utility');
    harness.cut('producer-utility');
    harness.dispatch('consumer', { type: 'update', update: { type: 'settle', id: 0n, preimage: null } });
    harness.run();
    expect(utility(harness).register).toHaveLength(1);
    harness.connect('producer-utility');
    harness.run();
    expect(utility(harness).register).toHaveLength(0);
  });
});

describe('a round that the other side does not finish', () => {
  it('a delivered unit settled in it, no secret by the deadline: the seller goes to the chain in time', () => {
    const harness = ordered();
    harness.cut('consumer-producer');
    harness.produce(1000);
    harness.run();
    harness.connect('consumer-producer');
    while (trader(harness, 'producer').rounds.phase.type !== 'accepting') {
      harness.deliver('consumer', 'producer');
      if (trader(harness, 'producer').rounds.phase.type !== 'accepting')
        harness.deliver('producer', 'consumer');
    }
    expect(ledgerOf(harness, 'producer').deliveries).toEqual([]);
    harness.mine(DEFAULT_PARAMS.deliveryWindow, ['producer']);
    expect(harness.nodes.producer.state).toMatchObject({
      type: 'settling',
      why: { code: 'deliveryUnpaid', id: 0n },
    });
  });
});
