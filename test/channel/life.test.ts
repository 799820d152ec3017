import { describe, expect, it } from 'vitest';
import { msat } from '../../src/base/amount.ts';
import { TRADERS, type Trader } from '../../src/base/role.ts';
import { buildClose } from '../../src/tx/settlement.ts';
import { txid } from '../../src/tx/transaction.ts';
import {
  agreed,
  BOND,
  contractOf,
  DEFAULT_CONTRIBUTIONS,
  DEFAULT_PARAMS,
  GRID_FEE,
  type Harness,
  ledgerOf,
  noticesOf,
  offerUnits,
  openChannel,
  otherTrader,
  PAYMENT,
  payoutOf,
  refusals,
  SETTLEMENT,
  trader,
  tradingChannel,
  UNIT_WH,
  utility,
} from '../support/channelHarness.ts';

function buy(harness: Harness, units: number, buyer: Trader = 'consumer'): void {
  harness.dispatch(buyer, { type: 'buy', units });
  harness.run();
}

function produce(harness: Harness, units = 1, seller: Trader = 'producer'): void {
  harness.produce(units * UNIT_WH, seller);
  harness.run();
}

describe('opening', () => {
  it('a proposal that all accept: three open channels on the same contract', () => {
    const harness = openChannel();
    expect(agreed(harness)).toBe(true);
    expect(trader(harness, 'producer').identity).toEqual(trader(harness, 'consumer').identity);
    expect(utility(harness).identity).toEqual(trader(harness, 'consumer').identity);
    for (const role of ['consumer', 'producer', 'utility'] as const)
      expect(noticesOf(harness, role, 'opened')).toHaveLength(1);
    expect(ledgerOf(harness, 'consumer')).toMatchObject({
      n: 0n,
      consumerMsat: DEFAULT_CONTRIBUTIONS.consumer,
      producerMsat: DEFAULT_CONTRIBUTIONS.producer,
      utilityMsat: DEFAULT_CONTRIBUTIONS.utility,
    });
  });
});

describe('trading', () => {
  it('one unit ordered and delivered: paid, the bond is back, the grid fee is the utility’s', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    expect(ledgerOf(harness, 'producer')).toMatchObject({
      consumerMsat: DEFAULT_CONTRIBUTIONS.consumer - PAYMENT,
      producerMsat: DEFAULT_CONTRIBUTIONS.producer - BOND,
    });
    for (const role of TRADERS) expect(noticesOf(harness, role, 'unitOrdered')).toHaveLength(1);
    produce(harness);
    expect(agreed(harness)).toBe(true);
    expect(ledgerOf(harness, 'producer')).toMatchObject({
      consumerMsat: DEFAULT_CONTRIBUTIONS.consumer - PAYMENT,
      producerMsat: DEFAULT_CONTRIBUTIONS.producer + PAYMENT - GRID_FEE,
      utilityMsat: DEFAULT_CONTRIBUTIONS.utility + GRID_FEE,
      deliveries: [],
    });
    expect(noticesOf(harness, 'producer', 'unitSettled')).toMatchObject([{ gridFeeMsat: GRID_FEE }]);
    expect(noticesOf(harness, 'utility', 'unitAttested')).toEqual([{ type: 'unitAttested', unit: 0n }]);
  });

  it('ten units wanted, three at once allowed: each settlement carries the next order, one round a unit', () => {
    const harness = tradingChannel();
    buy(harness, 10);
    expect(ledgerOf(harness, 'consumer').deliveries).toHaveLength(3);
    for (let unit = 0; unit < 10; unit++) produce(harness);
    expect(noticesOf(harness, 'producer', 'unitSettled')).toHaveLength(10);
    // one round for the first three, one for each of the seven settlements with an order, one for each of the last three
    expect(ledgerOf(harness, 'consumer').n).toBe(11n);
    expect(agreed(harness)).toBe(true);
    expect(trader(harness, 'consumer').wantedUnits).toBe(0);
  });

  it('each round: the revoked state is written down on both sides', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    produce(harness);
    for (const role of TRADERS)
      expect(
        harness.nodes[role].records
          .filter(({ type }) => type === 'revoked')
          .map((each) => 'n' in each && each.n),
      ).toEqual([0n, 1n]);
  });

  it('a unit attested: both traders keep the utility’s signed word', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    produce(harness);
    for (const role of ['consumer', 'producer', 'utility'] as const)
      expect(harness.nodes[role].records.filter(({ type }) => type === 'statement')).toMatchObject([
        { unit: 0n },
      ]);
  });

  it('the consumer sells, the producer buys: the same, after a turn is passed', () => {
    const harness = tradingChannel();
    offerUnits(harness, 5, 'consumer');
    harness.run();
    buy(harness, 2, 'producer');
    expect(trader(harness, 'producer').rounds.turn).toBe(1n);
    expect(ledgerOf(harness, 'consumer').deliveries).toHaveLength(2);
    produce(harness, 2, 'consumer');
    expect(ledgerOf(harness, 'consumer').consumerMsat).toBe(
      DEFAULT_CONTRIBUTIONS.consumer + 2n * (PAYMENT - GRID_FEE),
    );
    expect(agreed(harness)).toBe(true);
  });

  it('a unit not delivered by its deadline: payment and bond are the utility’s', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    for (let block = 0; block < DEFAULT_PARAMS.deliveryWindow + 2; block++) {
      harness.mine();
      harness.run();
    }
    expect(ledgerOf(harness, 'consumer')).toMatchObject({
      utilityMsat: DEFAULT_CONTRIBUTIONS.utility + PAYMENT + BOND,
      deliveries: [],
    });
    for (const role of TRADERS) {
      expect(noticesOf(harness, role, 'unitForfeited')).toHaveLength(1);
      expect(noticesOf(harness, role, 'unitRefused')).toEqual([{ type: 'unitRefused', unit: 0n }]);
      expect(harness.nodes[role].records.filter(({ type }) => type === 'statement')).toHaveLength(1);
    }
    expect(agreed(harness)).toBe(true);
  });

  it('the seller lets a unit go and the buyer cancels it: both have back what they put in', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    harness.dispatch('producer', { type: 'update', update: { type: 'cancel', id: 0n } });
    harness.run();
    expect(noticesOf(harness, 'consumer', 'unitReleased')).toHaveLength(1);
    expect(ledgerOf(harness, 'producer').deliveries).toHaveLength(1);
    harness.dispatch('consumer', { type: 'update', update: { type: 'cancel', id: 0n } });
    harness.run();
    expect(ledgerOf(harness, 'producer')).toMatchObject({
      consumerMsat: DEFAULT_CONTRIBUTIONS.consumer,
      producerMsat: DEFAULT_CONTRIBUTIONS.producer,
      deliveries: [],
    });
    expect(noticesOf(harness, 'producer', 'unitCancelled')).toHaveLength(1);
  });

  it('a release that the connection lost: said again after the reconnect', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    harness.cut('consumer-producer');
    harness.dispatch('producer', { type: 'update', update: { type: 'cancel', id: 0n } });
    harness.connect('consumer-producer');
    harness.run();
    harness.dispatch('consumer', { type: 'update', update: { type: 'cancel', id: 0n } });
    harness.run();
    expect(noticesOf(harness, 'consumer', 'unitCancelled')).toHaveLength(1);
  });

  it('the buyer says itself that it got the energy: paid without a preimage', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    harness.dispatch('consumer', { type: 'update', update: { type: 'settle', id: 0n, preimage: null } });
    harness.run();
    expect(ledgerOf(harness, 'producer').producerMsat).toBe(
      DEFAULT_CONTRIBUTIONS.producer + PAYMENT - GRID_FEE,
    );
  });

  it('plain payments both ways: the balances move, the turn passes', () => {
    const harness = tradingChannel();
    harness.dispatch('producer', {
      type: 'update',
      update: { type: 'transfer', from: 'producer', amountMsat: msat(5_000_000) },
    });
    harness.dispatch('consumer', {
      type: 'update',
      update: { type: 'transfer', from: 'consumer', amountMsat: msat(2_000_000) },
    });
    harness.run();
    expect(ledgerOf(harness, 'consumer').consumerMsat).toBe(DEFAULT_CONTRIBUTIONS.consumer + 3_000_000n);
    expect(agreed(harness)).toBe(true);
  });

  it('the buyer does not settle an attested unit: the seller asks for the turn after a block and settles', () => {
    const harness = tradingChannel({
      // the consumer never hears of the attestation
      tamper: (from, to, message) =>
        from === 'utility' && to === 'consumer' && message.type === 'attest_delivery'
          ? { type: 'error', channelId: message.channelId, data: new Uint8Array(0) }
          : message,
    });
    buy(harness, 1);
    produce(harness);
    expect(ledgerOf(harness, 'producer').deliveries).toHaveLength(1);
    harness.mine();
    harness.run();
    expect(ledgerOf(harness, 'producer').deliveries).toHaveLength(0);
    expect(trader(harness, 'consumer').rounds.turn).toBe(1n);
  });
});

describe('closing together', () => {
  for (const closer of TRADERS)
    it(`the ${closer} closes: both have the same transaction, the balances to the payout scripts`, () => {
      const harness = tradingChannel();
      buy(harness, 2);
      produce(harness, 2);
      harness.dispatch(closer, { type: 'close', payoutScript: null, feeRate: 2000n });
      harness.run();
      const closes = harness.broadcasts.filter(({ purpose }) => purpose === 'close');
      expect(new Set(closes.map(({ role }) => role))).toEqual(new Set(TRADERS));
      expect(new Set(closes.map(({ tx }) => txid(tx))).size).toBe(1);
      const fee = closeFee(harness, closer);
      const payout = {
        consumer: payoutOf('consumer'),
        producer: payoutOf('producer'),
        utility: payoutOf('utility'),
      };
      const built = buildClose(contractOf(harness), ledgerOf(harness, closer), closer, fee, payout);
      expect(built.ok && txid(built.value.tx)).toBe(txid(closes[0]?.tx ?? never()));
      harness.confirmSpend();
      for (const role of TRADERS) {
        expect(harness.nodes[role].state).toMatchObject({ type: 'settling', why: { code: 'closed' } });
        harness.dispatch(role, { type: 'resolved' });
        expect(harness.nodes[role].state).toMatchObject({ type: 'closed', why: { code: 'closed' } });
      }
    });

  it('both close at once: both transactions are complete, any of them may confirm', () => {
    const harness = openChannel();
    harness.dispatch('consumer', { type: 'close', payoutScript: null, feeRate: 1000n });
    harness.dispatch('producer', { type: 'close', payoutScript: null, feeRate: 3000n });
    harness.run();
    for (const role of TRADERS) {
      const state = trader(harness, role);
      expect(state.type === 'negotiatingClose' && state.signed.length).toBe(2);
    }
  });

  it('deliveries in flight: they resolve first, nothing new is ordered', () => {
    const harness = tradingChannel();
    buy(harness, 5);
    harness.dispatch('consumer', { type: 'close', payoutScript: null, feeRate: 1000n });
    harness.run();
    for (const role of TRADERS) expect(trader(harness, role).type).toBe('shuttingDown');
    produce(harness, 3);
    for (const role of TRADERS) expect(trader(harness, role).type).toBe('negotiatingClose');
    expect(noticesOf(harness, 'producer', 'unitSettled')).toHaveLength(3);
    expect(harness.broadcasts.some(({ purpose }) => purpose === 'close')).toBe(true);
  });

  it('the fee raised: a second close on both sides, the first is forgotten by nobody', () => {
    const harness = openChannel();
    harness.dispatch('consumer', { type: 'close', payoutScript: null, feeRate: 1000n });
    harness.run();
    harness.dispatch('consumer', { type: 'close', payoutScript: null, feeRate: 4000n });
    harness.run();
    for (const role of TRADERS) {
      const state = trader(harness, role);
      expect(state.type === 'negotiatingClose' && state.signed.map(txid)).toHaveLength(2);
    }
    harness.dispatch('consumer', { type: 'close', payoutScript: null, feeRate: 4000n });
    expect(refusals(harness, 'consumer')).toMatchObject([{ code: 'feeNotRaised' }]);
  });

  it('the link breaks at each step of a close: it goes on after the reconnect', () => {
    for (let steps = 0; steps < 12; steps++) {
      const harness = tradingChannel();
      buy(harness, 1);
      produce(harness);
      harness.dispatch('producer', { type: 'close', payoutScript: null, feeRate: 1000n });
      for (let i = 0; i < steps; i++)
        if (!harness.deliver('producer', 'consumer')) harness.deliver('consumer', 'producer');
      harness.cut('consumer-producer');
      harness.connect('consumer-producer');
      harness.run();
      const closers = harness.broadcasts.filter(({ purpose }) => purpose === 'close').map(({ role }) => role);
      expect(new Set(closers)).toEqual(new Set(TRADERS));
    }
  });
});

function closeFee(harness: Harness, closer: Trader) {
  const state = trader(harness, closer);
  if (state.type !== 'negotiatingClose' || state.proposedFeeSat === null) return never();
  return state.proposedFeeSat;
}

function never(): never {
  throw new Error('unexpected');
}

describe('going to the chain', () => {
  for (const role of TRADERS)
    it(`the ${role} closes alone: its newest commitment, and the other side’s after the error`, () => {
      const harness = tradingChannel();
      buy(harness, 2);
      harness.dispatch(role, { type: 'forceClose' });
      harness.run();
      expect(harness.nodes[role].state).toMatchObject({ type: 'settling', why: { code: 'requested' } });
      expect(harness.nodes[otherTrader(role)].state).toMatchObject({
        type: 'settling',
        why: { code: 'peerFailed', message: 'settling on-chain: requested' },
      });
      expect(harness.broadcasts.filter(({ purpose }) => purpose === 'commitment')).toHaveLength(2);
      expect(harness.nodes.utility.state.type).toBe('attesting');
      harness.confirmSpend();
      expect(harness.nodes.utility.state).toMatchObject({ type: 'settling', why: { code: 'spent' } });
    });

  it('the settlement height comes near: a close of its own accord, in time', () => {
    const harness = tradingChannel();
    harness.mine(SETTLEMENT - 2 * DEFAULT_PARAMS.resolutionMargin - harness.nodes.consumer.height);
    harness.run();
    for (const role of TRADERS) expect(trader(harness, role).type).toBe('negotiatingClose');
    expect(harness.broadcasts.some(({ purpose }) => purpose === 'close')).toBe(true);
  });

  it('the settlement height comes nearer and the other side is away: its commitment', () => {
    const harness = tradingChannel();
    harness.cut('consumer-producer');
    harness.mine(SETTLEMENT - DEFAULT_PARAMS.resolutionMargin - harness.nodes.consumer.height);
    for (const role of TRADERS)
      expect(harness.nodes[role].state).toMatchObject({
        type: 'settling',
        why: { code: 'settlementHeightNear', height: SETTLEMENT - DEFAULT_PARAMS.resolutionMargin },
      });
  });

  it('a delivered unit unpaid at its deadline, the buyer away: the seller goes to the chain with the preimage', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    harness.cut('consumer-producer');
    produce(harness);
    harness.mine(DEFAULT_PARAMS.deliveryWindow);
    expect(harness.nodes.producer.state).toMatchObject({
      type: 'settling',
      why: { code: 'deliveryUnpaid', id: 0n },
      market: { preimages: [{ id: 0n }] },
    });
    expect(harness.nodes.consumer.state.type).toBe('open');
  });

  it('a unit not delivered and the seller away: the buyer goes to the chain after its patience', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    harness.cut('consumer-producer');
    harness.mine(DEFAULT_PARAMS.deliveryWindow + 3);
    expect(harness.nodes.consumer.state.type).toBe('open');
    harness.mine(1);
    expect(harness.nodes.consumer.state).toMatchObject({
      type: 'settling',
      why: { code: 'deliveryUnanswered', id: 0n },
    });
  });

  it('arbitration: the utility signs, both traders broadcast the penalty', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    harness.cut('consumer-producer');
    harness.mine(DEFAULT_PARAMS.deliveryWindow);
    harness.dispatch('consumer', { type: 'requestArbitration', feeSat: 1000n });
    harness.run();
    expect(utility(harness).arbitration).toMatchObject({
      claimant: 'consumer',
      feeSat: 1000n,
      verdict: null,
    });
    for (const role of TRADERS) expect(noticesOf(harness, role, 'arbitrationOpened')).toHaveLength(1);
    harness.mine(SETTLEMENT - harness.nodes.utility.height, ['utility']);
    harness.run();
    const penalties = harness.broadcasts.filter(({ purpose }) => purpose === 'penalty');
    expect(penalties).toMatchObject([
      { role: 'consumer', tx: { locktime: SETTLEMENT } },
      { role: 'producer', tx: { locktime: SETTLEMENT } },
    ]);
  });

  it('the utility’s credit above its limit: it asks both for a close', () => {
    const harness = tradingChannel({ params: { utilityMaxExposureMsat: msat(10_005_000) } });
    buy(harness, 1);
    produce(harness);
    for (const role of TRADERS)
      expect(noticesOf(harness, role, 'closeRequested')).toContainEqual({
        type: 'closeRequested',
        exposureMsat: DEFAULT_CONTRIBUTIONS.utility + GRID_FEE,
      });
  });
});
