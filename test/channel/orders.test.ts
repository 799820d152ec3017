import { describe, expect, it } from 'vitest';
import { msat } from '../../src/base/amount.ts';
import type { Trader } from '../../src/base/role.ts';
import {
  agreed,
  DEFAULT_CONTRIBUTIONS,
  type Harness,
  ledgerOf,
  offerUnits,
  openChannel,
  orderOf,
  proposeAs,
  refusals,
  SLOT_SECONDS,
  trader,
  tradingChannel,
} from '../support/channelHarness.ts';

function pay(harness: Harness, from: Trader, amountMsat: number): void {
  harness.dispatch(from, {
    type: 'update',
    update: { type: 'transfer', from, amountMsat: msat(amountMsat) },
  });
}

describe('what the application asks for', () => {
  it('without the turn, a payment that the rules forbid: refused at once, nothing is kept', () => {
    const harness = openChannel();
    pay(harness, 'producer', 400_000_000);
    expect(refusals(harness, 'producer')).toEqual([
      {
        code: 'balanceTooLow',
        trader: 'producer',
        balanceMsat: DEFAULT_CONTRIBUTIONS.producer,
        neededMsat: 400_000_000n,
        reserveMsat: 1_000_000n,
      },
    ]);
    expect(trader(harness, 'producer')).toMatchObject({ queue: [], turn: 'none' });
  });

  it('more payments than one proposal may carry: the rest waits for the next', () => {
    const harness = openChannel();
    harness.cut('consumer-producer');
    for (let i = 0; i < 250; i++) pay(harness, 'consumer', 1000);
    harness.connect('consumer-producer');
    harness.run();
    expect(agreed(harness)).toBe(true);
    expect(ledgerOf(harness, 'producer')).toMatchObject({
      n: 2n,
      producerMsat: DEFAULT_CONTRIBUTIONS.producer + 250_000n,
    });
  });
});

describe('an offer replaced while an order is on its way', () => {
  function crossed(): Harness {
    const harness = tradingChannel();
    harness.dispatch('consumer', { type: 'buy', units: 2 });
    offerUnits(harness, 5);
    return harness;
  }

  it('the order names the offer before: taken, since the seller had signed it', () => {
    const harness = crossed();
    harness.run();
    expect(agreed(harness)).toBe(true);
    expect(ledgerOf(harness, 'producer').sold.producer).toEqual({ offerId: 0n, units: 2 });
    expect(trader(harness, 'producer').market.replaced).toMatchObject([{ offerId: 0n }]);
  });

  it('an order against the new one, then one against the old: noOffer, units are not counted anew', () => {
    const harness = crossed();
    harness.run();
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    harness.run();
    expect(ledgerOf(harness, 'producer').sold.producer).toEqual({ offerId: 1n, units: 1 });
    harness.produce(3000);
    harness.run();
    proposeAs(harness, 'consumer', (ledger) => [orderOf(harness, ledger, { offerId: 0n })]);
    harness.run();
    expect(harness.nodes.producer.state).toMatchObject({
      type: 'settling',
      why: { code: 'protocolError', error: { code: 'noOffer', offerId: 0n } },
    });
  });

  it('offers that have expired: forgotten with the next one', () => {
    const harness = tradingChannel();
    harness.now += 5 * SLOT_SECONDS;
    offerUnits(harness, 5);
    offerUnits(harness, 6);
    expect(trader(harness, 'producer').market.replaced.map(({ offerId }) => offerId)).toEqual([1n]);
  });
});

describe('turns', () => {
  it('the holder gives the turn and still has a wish: it asks for the turn again', () => {
    const harness = openChannel();
    pay(harness, 'consumer', 1000);
    pay(harness, 'producer', 1000);
    pay(harness, 'consumer', 2000);
    harness.run();
    expect(trader(harness, 'consumer')).toMatchObject({ queue: [], rounds: { turn: 2n } });
    expect(ledgerOf(harness, 'consumer')).toMatchObject({
      n: 3n,
      consumerMsat: DEFAULT_CONTRIBUTIONS.consumer - 2000n,
    });
  });

  it('a buyer without the turn trusts a delivery: it asks for the turn at once', () => {
    const harness = tradingChannel();
    offerUnits(harness, 1, 'consumer');
    harness.dispatch('producer', { type: 'buy', units: 1 });
    harness.run();
    pay(harness, 'consumer', 1000);
    harness.run();
    expect(trader(harness, 'producer').rounds.turn).toBe(2n);
    harness.dispatch('producer', { type: 'update', update: { type: 'settle', id: 0n, preimage: null } });
    harness.run();
    expect(ledgerOf(harness, 'consumer').deliveries).toEqual([]);
  });
});

describe('what the application asks for too early', () => {
  it('a forfeit before the deadline, an order without a tariff or with a deadline too far: refused by name, not held', () => {
    const harness = tradingChannel();
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    harness.run();
    const ledger = ledgerOf(harness, 'consumer');
    const order = orderOf(harness, ledger);
    harness.dispatch('consumer', { type: 'update', update: { type: 'forfeit', id: 0n } });
    harness.dispatch('consumer', { type: 'update', update: { ...order, unit: 99n } });
    harness.dispatch('consumer', {
      type: 'update',
      update: { ...order, deadline: order.deadline + 1, expiry: order.expiry + 1 },
    });
    expect(refusals(harness, 'consumer')).toEqual([
      { code: 'forfeitTooEarly', id: 0n, deadline: 120, height: 100 },
      { code: 'noTariff', unit: 99n },
      { code: 'deadlineTooFar', deadline: 121, height: 100, window: 20 },
    ]);
    expect(trader(harness, 'consumer')).toMatchObject({ queue: [], rounds: { phase: { type: 'idle' } } });
  });
});

describe('what an application can ask for that nobody else has', () => {
  it('an order of its own making that keeps the rules: proposed as it is', () => {
    const harness = tradingChannel();
    const order = orderOf(harness, ledgerOf(harness, 'consumer'));
    harness.dispatch('consumer', { type: 'update', update: order });
    harness.run();
    expect(ledgerOf(harness, 'producer').deliveries).toMatchObject([{ unit: 0n }]);
  });

  it('under stake: the whole of the seller’s free contribution stands behind the one unit', () => {
    const harness = tradingChannel({ params: { maxInFlight: 1, bondPolicy: { type: 'stake' } } });
    harness.dispatch('consumer', { type: 'buy', units: 2 });
    harness.run();
    expect(ledgerOf(harness, 'producer')).toMatchObject({
      producerMsat: 1_000_000n,
      deliveries: [{ bondMsat: 389_000_000n }],
    });
    harness.produce(2000);
    harness.run();
    expect(agreed(harness)).toBe(true);
    expect(ledgerOf(harness, 'producer').deliveries).toMatchObject([{ unit: 1n, bondMsat: 389_990_000n }]);
  });
});
