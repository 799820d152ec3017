import { describe, expect, it } from 'vitest';
import { txid } from '../../src/tx/transaction.ts';
import {
  channelIdOf,
  type Harness,
  ledgerOf,
  meterOf,
  noticesOf,
  refusals,
  trader,
  traderSignerOf,
  tradingChannel,
  utilitySignerOf,
} from '../support/channelHarness.ts';

/** One unit in flight. */
function ordered(): Harness {
  const harness = tradingChannel();
  harness.dispatch('consumer', { type: 'buy', units: 1 });
  harness.run();
  return harness;
}

describe('a unit in flight when the channel goes to the chain', () => {
  it('the buyer closes alone, the seller delivers all the same: metered, attested, the seller has the preimage', () => {
    const harness = ordered();
    harness.dispatch('consumer', { type: 'forceClose' });
    harness.run();
    harness.confirmSpend(
      harness.broadcasts.find(({ role, purpose }) => role === 'consumer' && purpose === 'commitment'),
    );
    harness.produce(1000);
    harness.run();
    expect(harness.nodes.utility.state).toMatchObject({
      type: 'settling',
      utility: { register: [{ type: 'delivered' }] },
    });
    expect(harness.nodes.producer.state).toMatchObject({
      type: 'settling',
      market: { preimages: [{ id: 0n }] },
    });
    for (const role of ['producer', 'utility'] as const) {
      expect(noticesOf(harness, role, 'unitAttested')).toEqual([{ type: 'unitAttested', unit: 0n }]);
      expect(harness.nodes[role].records.filter(({ type }) => type === 'statement')).toHaveLength(1);
    }
  });

  it('the utility hears of the unit only after the spend: it is metered from then on', () => {
    const harness = tradingChannel();
    harness.cut('consumer-utility');
    harness.cut('producer-utility');
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    harness.run();
    harness.dispatch('consumer', { type: 'forceClose' });
    harness.run();
    harness.confirmSpend();
    harness.connect('producer-utility');
    harness.run();
    harness.produce(1000);
    harness.run();
    expect(harness.nodes.producer.state).toMatchObject({ market: { preimages: [{ id: 0n }] } });
  });

  it('the attestation lost with the connection: said again with the next one', () => {
    const harness = ordered();
    harness.dispatch('consumer', { type: 'forceClose' });
    harness.run();
    harness.confirmSpend();
    harness.produce(1000);
    while (harness.deliver('producer', 'utility')) harness.answer();
    harness.cut('producer-utility');
    expect(harness.nodes.producer.state).toMatchObject({ market: { preimages: [] } });
    harness.connect('producer-utility');
    harness.run();
    expect(harness.nodes.producer.state).toMatchObject({ market: { preimages: [{ id: 0n }] } });
  });

  it('a refusal after the request for a decision: kept once, as evidence, and told', () => {
    const harness = ordered();
    harness.dispatch('consumer', { type: 'requestArbitration', feeSat: 600n });
    harness.run();
    const { deadline = 0 } = ledgerOf(harness, 'producer').deliveries[0] ?? {};
    harness.mine(deadline - harness.nodes.utility.height);
    harness.run();
    harness.cut('consumer-utility');
    harness.connect('consumer-utility');
    harness.run();
    expect(noticesOf(harness, 'consumer', 'unitRefused')).toEqual([{ type: 'unitRefused', unit: 0n }]);
    expect(harness.nodes.consumer.records.filter(({ type }) => type === 'statement')).toHaveLength(1);
  });

  it('a preimage shown on the chain: learned', () => {
    const harness = ordered();
    harness.dispatch('consumer', { type: 'forceClose' });
    const preimage = utilitySignerOf().preimage(channelIdOf(harness), 0n);
    const [delivery] = ledgerOf(harness, 'consumer').deliveries;
    if (delivery === undefined) throw new Error('nothing in flight');
    harness.dispatch('consumer', { type: 'preimageSeen', lock: delivery.lock, preimage });
    harness.dispatch('consumer', { type: 'preimageSeen', lock: new Uint8Array(32), preimage });
    expect(harness.nodes.consumer.state).toMatchObject({ market: { preimages: [{ id: 0n, preimage }] } });
  });

  it('a bad word on it: badStatement, nothing is learned', () => {
    const harness = ordered();
    harness.dispatch('producer', { type: 'forceClose' });
    const before = harness.nodes.producer.state;
    const signed = { body: new Uint8Array(5), signature: new Uint8Array(64) };
    harness.inject('utility', 'producer', {
      type: 'attest_delivery',
      channelId: channelIdOf(harness),
      unit: 0n,
      signed,
    });
    expect(refusals(harness, 'producer')).toEqual([{ code: 'badStatement', unit: 0n, reason: 'malformed' }]);
    expect(harness.nodes.producer.state).toEqual(before);
  });
});

describe('an order that the buyer never confirmed', () => {
  /** The seller has accepted, the buyer's secret did not arrive. */
  function unconfirmed(): Harness {
    const harness = tradingChannel();
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    harness.deliver('consumer', 'producer');
    harness.deliver('producer', 'consumer');
    harness.cut('consumer-producer');
    expect(trader(harness, 'producer').rounds.phase.type).toBe('accepting');
    return harness;
  }

  it('the buyer broadcasts it: the order is final, the seller hears that it is to deliver', () => {
    const harness = unconfirmed();
    harness.dispatch('consumer', { type: 'forceClose' });
    harness.confirmSpend();
    expect(noticesOf(harness, 'producer', 'unitOrdered')).toMatchObject([{ delivery: { id: 0n } }]);
    harness.run();
    harness.produce(1000);
    harness.run();
    expect(harness.nodes.producer.state).toMatchObject({ market: { preimages: [{ id: 0n }] } });
  });

  it('the seller broadcasts it: the same, once it is confirmed', () => {
    const harness = unconfirmed();
    harness.dispatch('producer', { type: 'forceClose' });
    expect(noticesOf(harness, 'producer', 'unitOrdered')).toEqual([]);
    harness.confirmSpend();
    expect(noticesOf(harness, 'producer', 'unitOrdered')).toHaveLength(1);
    harness.confirmSpend();
    expect(noticesOf(harness, 'producer', 'unitOrdered')).toHaveLength(1);
  });

  it('the buyer broadcasts the state before: there is nothing to deliver', () => {
    const harness = unconfirmed();
    harness.dispatch('producer', { type: 'fundingSpent', txid: '00'.repeat(32), spend: 'peerLatest' });
    expect(noticesOf(harness, 'producer', 'unitOrdered')).toEqual([]);
  });
});

describe('what is broadcast', () => {
  it('block after block until something is confirmed, again when it is reorganised away', () => {
    const harness = ordered();
    harness.dispatch('producer', { type: 'forceClose' });
    const count = () =>
      harness.broadcasts.filter(({ role, purpose }) => role === 'producer' && purpose === 'commitment')
        .length;
    expect(count()).toBe(1);
    harness.mine(2);
    expect(count()).toBe(3);
    harness.confirmSpend();
    harness.mine(2);
    expect(count()).toBe(3);
    harness.dispatch('producer', { type: 'fundingUnspent' });
    expect(count()).toBe(4);
    harness.mine(1);
    expect(count()).toBe(5);
  });

  it('asked for twice: the same transaction', () => {
    const harness = ordered();
    harness.dispatch('producer', { type: 'forceClose' });
    harness.dispatch('producer', { type: 'forceClose' });
    const txs = harness.broadcasts
      .filter(({ purpose }) => purpose === 'commitment')
      .map(({ tx }) => txid(tx));
    expect(txs).toHaveLength(2);
    expect(new Set(txs).size).toBe(1);
  });

  it('the peer comes back: it hears that it is over, and closes too', () => {
    const harness = ordered();
    harness.cut('consumer-producer');
    harness.dispatch('producer', { type: 'forceClose' });
    harness.connect('consumer-producer');
    harness.run();
    expect(harness.nodes.consumer.state).toMatchObject({
      type: 'settling',
      why: { code: 'peerFailed', message: 'settling on-chain: requested' },
    });
  });

  it('a peer that proves that our data is old: what we were sending is sent no more', () => {
    const harness = ordered();
    harness.cut('consumer-producer');
    harness.dispatch('producer', { type: 'forceClose' });
    const before = harness.broadcasts.length;
    harness.inject('consumer', 'producer', {
      type: 'reestablish',
      channelId: channelIdOf(harness),
      n: 3n,
      secretsHeld: 3n,
      lastSecret: traderSignerOf('producer').releaseSecret(2n),
      nextPoint: meterOf('consumer'),
      turn: 0n,
    });
    harness.mine(2);
    expect(harness.nodes.producer.state).toMatchObject({ why: { code: 'dataLost', n: 3n }, candidates: [] });
    expect(harness.broadcasts.length).toBe(before);
  });
});
