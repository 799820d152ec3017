import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Msat, msat } from '../../src/base/amount.ts';
import { toJson } from '../../src/base/json.ts';
import { counterpartyOf, ROLES, type Role, TRADERS, type Trader } from '../../src/base/role.ts';
import { revocationPublicKey } from '../../src/crypto/revocation.ts';
import type { Secp256k1 } from '../../src/crypto/secp256k1.ts';
import { buildCommitment } from '../../src/tx/commitment.ts';
import { txid } from '../../src/tx/transaction.ts';
import {
  agreed,
  contractOf,
  endsOf,
  type Harness,
  LINKS,
  type Link,
  offerUnits,
  publishTariff,
  SLOT_SECONDS,
  START_TIME,
  secp,
  tradingChannel,
  UNIT_WH,
} from '../support/channelHarness.ts';
import { EFFORT } from '../support/effort.ts';
import { toyCurve } from '../support/toyCurve.ts';

type Happening =
  | { readonly type: 'deliver'; readonly from: Role; readonly to: Role; readonly count: number }
  | { readonly type: 'answer' }
  | { readonly type: 'cut' | 'connect'; readonly link: Link }
  | { readonly type: 'block'; readonly roles: readonly Role[] }
  | { readonly type: 'wait'; readonly seconds: number }
  | { readonly type: 'tariff'; readonly units: number }
  | { readonly type: 'offer'; readonly seller: Trader; readonly units: number }
  | { readonly type: 'buy'; readonly buyer: Trader; readonly units: number }
  | { readonly type: 'produce'; readonly seller: Trader; readonly units: number }
  | { readonly type: 'pay'; readonly from: Trader; readonly amountMsat: Msat }
  | { readonly type: 'cancel' | 'trust'; readonly trader: Trader; readonly id: bigint }
  | { readonly type: 'close'; readonly trader: Trader }
  | { readonly type: 'forceClose'; readonly trader: Trader };

const anyTrader = fc.constantFrom(...TRADERS);
const anyLink = fc.constantFrom(...LINKS);
const anyWay = fc.constantFrom(
  ...LINKS.flatMap((link) => {
    const [a, b] = endsOf(link);
    return [{ from: a, to: b } as const, { from: b, to: a } as const];
  }),
);

const trading = {
  deliver: {
    weight: 12,
    arbitrary: fc
      .tuple(anyWay, fc.integer({ min: 1, max: 4 }))
      .map(([way, count]) => ({ type: 'deliver' as const, ...way, count })),
  },
  answer: { weight: 4, arbitrary: fc.constant({ type: 'answer' as const }) },
  cut: { weight: 2, arbitrary: anyLink.map((link) => ({ type: 'cut' as const, link })) },
  connect: { weight: 4, arbitrary: anyLink.map((link) => ({ type: 'connect' as const, link })) },
  block: {
    weight: 3,
    arbitrary: fc
      .constantFrom(ROLES, ROLES, ...ROLES.map((role) => [role]))
      .map((roles) => ({ type: 'block' as const, roles })),
  },
  wait: {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 1500 }).map((seconds) => ({ type: 'wait' as const, seconds })),
  },
  tariff: {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 6 }).map((units) => ({ type: 'tariff' as const, units })),
  },
  offer: {
    weight: 1,
    arbitrary: fc
      .record({ seller: anyTrader, units: fc.integer({ min: 1, max: 8 }) })
      .map((terms) => ({ type: 'offer' as const, ...terms })),
  },
  buy: {
    weight: 4,
    arbitrary: fc
      .record({ buyer: anyTrader, units: fc.integer({ min: 0, max: 4 }) })
      .map((terms) => ({ type: 'buy' as const, ...terms })),
  },
  produce: {
    weight: 4,
    arbitrary: fc
      .record({ seller: anyTrader, units: fc.integer({ min: 1, max: 3 }) })
      .map((terms) => ({ type: 'produce' as const, ...terms })),
  },
  pay: {
    weight: 2,
    arbitrary: fc
      .record({ from: anyTrader, amountMsat: fc.integer({ min: 0, max: 700_000_000 }).map(msat) })
      .map((terms) => ({ type: 'pay' as const, ...terms })),
  },
  decide: {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom('cancel' as const, 'trust' as const),
      trader: anyTrader,
      id: fc.bigInt({ min: 0n, max: 6n }),
    }),
  },
};

const closing = {
  close: { weight: 1, arbitrary: anyTrader.map((trader) => ({ type: 'close' as const, trader })) },
  forceClose: { weight: 1, arbitrary: anyTrader.map((trader) => ({ type: 'forceClose' as const, trader })) },
};

const tradingOnly = fc.array(fc.oneof(...Object.values(trading)), { maxLength: 60, size: 'max' });
const everything = fc.array(fc.oneof(...Object.values(trading), ...Object.values(closing)), {
  maxLength: 60,
  size: 'max',
});

/** Nodes that see the chain differ by no more than this. */
const MOST_BLOCKS_APART = 2;

function happen(harness: Harness, event: Happening): void {
  switch (event.type) {
    case 'deliver':
      for (let i = 0; i < event.count; i++) harness.deliver(event.from, event.to);
      return;
    case 'answer':
      harness.answer();
      return;
    case 'cut':
      harness.cut(event.link);
      return;
    case 'connect':
      harness.connect(event.link);
      return;
    case 'block':
      for (const role of event.roles) {
        const lowest = Math.min(...ROLES.map((each) => harness.nodes[each].height));
        if (harness.nodes[role].height < lowest + MOST_BLOCKS_APART) harness.mine(1, [role]);
      }
      return;
    case 'wait':
      harness.now += event.seconds;
      return;
    case 'tariff':
      publishTariff(harness, Math.floor((harness.now - START_TIME) / SLOT_SECONDS), event.units);
      return;
    case 'offer':
      offerUnits(harness, event.units, event.seller);
      return;
    case 'buy':
      harness.dispatch(event.buyer, { type: 'buy', units: event.units });
      return;
    case 'produce':
      harness.produce(event.units * UNIT_WH, event.seller);
      return;
    case 'pay':
      harness.dispatch(event.from, {
        type: 'update',
        update: { type: 'transfer', from: event.from, amountMsat: event.amountMsat },
      });
      return;
    case 'cancel':
      harness.dispatch(event.trader, { type: 'update', update: { type: 'cancel', id: event.id } });
      return;
    case 'trust':
      harness.dispatch(event.trader, {
        type: 'update',
        update: { type: 'settle', id: event.id, preimage: null },
      });
      return;
    case 'close':
      harness.dispatch(event.trader, { type: 'close', payoutScript: null, feeRate: 1000n });
      return;
    case 'forceClose':
      harness.dispatch(event.trader, { type: 'forceClose' });
      return;
  }
}

/** Everyone is connected, sees the same chain and has said all there is to say. */
function calm(harness: Harness): void {
  for (const link of LINKS) harness.connect(link);
  harness.run();
  const highest = Math.max(...ROLES.map((role) => harness.nodes[role].height));
  for (const role of ROLES) harness.mine(highest - harness.nodes[role].height, [role]);
  harness.run();
  // an order that came too late is let go of with the next block
  for (let block = 0; block < 2; block++) {
    harness.mine();
    harness.run();
  }
}

/** Both sides rebuild each other's commitments to the state that they agree on, and each is signed by the other. */
function expectSameTransactions(harness: Harness, curve: Secp256k1): void {
  for (const side of TRADERS) {
    const own = harness.nodes[side].state;
    const peer = harness.nodes[counterpartyOf(side)].state;
    if (!('rounds' in own) || !('rounds' in peer) || own.rounds === null || peer.rounds === null) return;
    const { signer } = harness.contextOf(side);
    if (signer.role !== 'trader') return;
    const contract = contractOf(harness);
    const { ledger, remoteSignature } = own.rounds.held;
    const complete = signer.signer.completeCommitment(contract, ledger, remoteSignature);
    const basepoint = contract.keys[counterpartyOf(side)].revocation;
    const revocation = revocationPublicKey(curve, basepoint, peer.rounds.remotePoint);
    const rebuilt = buildCommitment(contract, peer.rounds.held.ledger, side, revocation);
    expect(txid(rebuilt.tx)).toBe(txid(complete));
  }
}

const NOBODYS_FAULT = [
  'requested',
  'deliveryUnpaid',
  'deliveryUnanswered',
  'settlementHeightNear',
  'closeUnanswered',
];

function expectAgreementOrCleanEnd(harness: Harness): void {
  const states = TRADERS.map((role) => harness.nodes[role].state);
  const trace = () => states.map((state) => ('why' in state ? toJson(state.why) : state.type)).join(' / ');
  if (states.every((state) => state.type !== 'settling')) {
    expect(agreed(harness), trace()).toBe(true);
    for (const state of states) expect(state).toMatchObject({ link: 'up', premature: null, queue: [] });
    expect(new Set(states.map(({ type }) => type)).size, trace()).toBe(1);
    return;
  }
  for (const state of states) {
    if (state.type !== 'settling') continue;
    const reason =
      state.why.code === 'peerFailed' ? state.why.message.replace('settling on-chain: ', '') : state.why.code;
    expect(NOBODYS_FAULT, trace()).toContain(reason);
  }
}

describe('honest machines, whatever happens between them', () => {
  it('trade, breaks, blocks and delays in any order: the traders agree in the end', () => {
    fc.assert(
      fc.property(tradingOnly, (happenings) => {
        const harness = tradingChannel({ curve: toyCurve, units: 6 });
        for (const event of happenings) happen(harness, event);
        calm(harness);
        expectAgreementOrCleanEnd(harness);
        if (agreed(harness)) expectSameTransactions(harness, toyCurve);
      }),
      { numRuns: 150 * EFFORT },
    );
  });

  it('closes and forced closes among it: agreement or a clean end', () => {
    fc.assert(
      fc.property(everything, (happenings) => {
        const harness = tradingChannel({ curve: toyCurve, units: 6 });
        for (const event of happenings) happen(harness, event);
        calm(harness);
        expectAgreementOrCleanEnd(harness);
      }),
      { numRuns: 150 * EFFORT },
    );
  });

  it('the same on the real curve: every signature verifies', () => {
    fc.assert(
      fc.property(everything, (happenings) => {
        const harness = tradingChannel({ units: 6 });
        for (const event of happenings) happen(harness, event);
        calm(harness);
        expectAgreementOrCleanEnd(harness);
        if (agreed(harness)) expectSameTransactions(harness, secp);
      }),
      { numRuns: 20 * EFFORT },
    );
  });
});
