import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Sat, sat } from '../../src/base/amount.ts';
import { planAnchorChild, type WaitingCommitment, waitingCommitment } from '../../src/penalty/anchor.ts';
import { urgentFeeRate } from '../../src/penalty/fees.ts';
import {
  anchorChildVbytes,
  anchorReserveSat,
  type FeeCoin,
  largestCommitmentVbytes,
  MAX_ANCHOR_CHILD_VBYTES,
} from '../../src/tx/anchor.ts';
import { fundingValueSat } from '../../src/tx/contract.ts';
import { ANCHOR_SAT } from '../../src/tx/outputs.ts';
import { txid, vsize } from '../../src/tx/transaction.ts';
import {
  commitmentOf,
  DELAY,
  delivery,
  funded,
  knowledgeOf,
  lockOf,
  PAYOUT,
  preimageOf,
  SETTLEMENT,
  signCommitment,
  stateOf,
} from './support.ts';

const { contract } = funded();
const CHANGE = PAYOUT.producer;
const HEIGHT = 100;

const coin = (value: bigint, index = 0): FeeCoin => ({
  outpoint: { txid: 'ab'.repeat(32), vout: index },
  value: sat(value),
  script: CHANGE,
});

const sold = [delivery(1, 120), delivery(2, 110)];
const preimage = (unit: number) => ({ lock: lockOf(unit), preimage: preimageOf(unit) });
const signed = (state = stateOf(3n, sold)) =>
  signCommitment(contract, commitmentOf(contract, 'producer', state));

describe('our own commitment that waits', () => {
  const state = stateOf(3n, sold);

  it('what is ours: our balance and what we sold; what it pays: all that is not in its outputs', () => {
    const waiting = waitingCommitment(knowledgeOf('producer', contract, state), signed());
    const tx = signed();
    expect(waiting).toMatchObject({
      anchor: { txid: txid(tx) },
      vbytes: vsize(tx),
      stakeSat: state.producerMsat / 1000n + 60_000n,
      feeSat: tx.outputs.reduce((fee, { value }) => fee - value, BigInt(fundingValueSat(contract))),
    });
  });

  it('no preimage: in time until the settlement height', () => {
    expect(waitingCommitment(knowledgeOf('producer', contract, state), signed())?.deadline).toBe(SETTLEMENT);
  });

  it('a seller with preimages: so early that the claim still fits, behind its delay, before the first of their expiries', () => {
    const more = { preimages: [preimage(1), preimage(2)] };
    const waiting = waitingCommitment(knowledgeOf('producer', contract, state, more), signed());
    expect(waiting?.deadline).toBe((sold[1]?.expiry ?? 0) - DELAY.producer);
  });

  it('a buyer that knows the preimage: nothing of the delivery is its own, and nothing hurries', () => {
    const tx = signCommitment(contract, commitmentOf(contract, 'consumer', state));
    const more = { preimages: [preimage(1)] };
    expect(waitingCommitment(knowledgeOf('consumer', contract, state, more), tx)).toMatchObject({
      deadline: SETTLEMENT,
      stakeSat: state.consumerMsat / 1000n,
    });
  });

  it('an older commitment, or a transaction without an anchor: not ours to pay for', () => {
    const knowledge = knowledgeOf('producer', contract, state);
    expect(waitingCommitment(knowledge, signed(stateOf(2n)))).toBeUndefined();
    expect(waitingCommitment(knowledge, { ...signed(), outputs: [] })).toBeUndefined();
  });
});

describe('the child that pays for it', () => {
  const waitings: fc.Arbitrary<WaitingCommitment> = fc.record({
    anchor: fc.constant({ txid: 'cd'.repeat(32), vout: 0 }),
    vbytes: fc.integer({ min: 250, max: 4_700 }),
    feeSat: fc.bigInt({ min: 300n, max: 6_000n }),
    stakeSat: fc.bigInt({ min: 0n, max: 5_000_000n }),
    deadline: fc.integer({ min: HEIGHT - 5, max: HEIGHT + 40 }),
    dustLimitSat: fc.constant(330n),
  });
  const wallets = fc
    .array(fc.bigInt({ min: 330n, max: 2_000_000n }), { maxLength: 25 })
    .map((values) => values.map((value, index) => coin(value, index)));
  const estimates = fc.bigInt({ min: 1_000n, max: 500_000n });
  const ownRate = ({ feeSat, vbytes }: WaitingCommitment) => (feeSat * 1000n) / BigInt(vbytes);

  it('never costs more than what is ours less dust, never is larger than BIP431 lets it, never leaves dust', () => {
    fc.assert(
      fc.property(waitings, wallets, estimates, (waiting, coins, estimate) => {
        const { child } = planAnchorChild(waiting, coins, CHANGE, estimate, HEIGHT);
        if (child === null) return;
        const inputs = coins.slice(0, child.tx.inputs.length - 1);
        expect(anchorChildVbytes(inputs, CHANGE)).toBeLessThanOrEqual(MAX_ANCHOR_CHILD_VBYTES);
        expect(child.tx.outputs[0]?.value).toBeGreaterThanOrEqual(330n);
        const lowest = (BigInt(waiting.vbytes + anchorChildVbytes(inputs, CHANGE)) * 1_000n) / 1000n;
        if (child.feeSat + waiting.feeSat > lowest + 1n)
          expect(child.feeSat).toBeLessThanOrEqual(waiting.stakeSat - waiting.dustLimitSat);
        const available = inputs.reduce((sum, { value }) => sum + value, ANCHOR_SAT);
        expect(available - (child.tx.outputs[0]?.value ?? 0n)).toBe(child.feeSat as bigint);
      }),
    );
  });

  it('lifts both to what the fee function asks for, unless coins or stake are short: then it says so, or pays what they allow', () => {
    fc.assert(
      fc.property(waitings, wallets, estimates, (waiting, coins, estimate) => {
        const { child, short } = planAnchorChild(waiting, coins, CHANGE, estimate, HEIGHT);
        const wanted = urgentFeeRate(estimate, waiting.deadline - HEIGHT);
        if (child === null) {
          const worthless = waiting.stakeSat <= waiting.dustLimitSat;
          if (short === null && !worthless) expect(cappedOrEnough(waiting, wanted)).toBe(true);
          return;
        }
        const size = anchorChildVbytes(coins.slice(0, child.tx.inputs.length - 1), CHANGE);
        const both = ((child.feeSat + waiting.feeSat) * 1000n) / BigInt(waiting.vbytes + size);
        expect(both).toBeGreaterThan(ownRate(waiting));
        const capped =
          (waiting.stakeSat + waiting.feeSat - 330n) * 1000n < wanted * BigInt(waiting.vbytes + size);
        if (short === null && !capped) expect(both).toBeGreaterThanOrEqual(wanted);
      }),
    );
  });

  const cappedOrEnough = (waiting: WaitingCommitment, wanted: bigint) =>
    wanted <= ownRate(waiting) ||
    (waiting.stakeSat + waiting.feeSat) * 1000n < wanted * BigInt(waiting.vbytes + MAX_ANCHOR_CHILD_VBYTES) ||
    1_000n <= ownRate(waiting);

  it('one coin reaches: it is enough, in the order they are given', () => {
    const waiting = {
      ...(waitingCommitment(knowledgeOf('producer', contract, stateOf(3n)), signed(stateOf(3n))) ??
        expect.fail('ours')),
    };
    const { child } = planAnchorChild(waiting, [coin(50_000n, 4), coin(90_000n, 5)], CHANGE, 5_000n, HEIGHT);
    expect(child?.tx.inputs.map(({ vout }) => vout)).toEqual([waiting.anchor.vout, 4]);
  });

  it('coins short: says what it takes, and sends the best there is', () => {
    const waiting = waitingCommitment(knowledgeOf('producer', contract, stateOf(3n)), signed(stateOf(3n)));
    const { child, short } = planAnchorChild(
      waiting ?? expect.fail('ours'),
      [coin(2_000n)],
      CHANGE,
      50_000n,
      HEIGHT,
    );
    expect(short?.availableSat).toBe(2_240n);
    expect(short?.neededSat).toBeGreaterThan(20_000n);
    expect(child?.tx.outputs[0]?.value).toBeLessThan(340n);
    expect(planAnchorChild(waiting ?? expect.fail('ours'), [], CHANGE, 50_000n, HEIGHT)).toMatchObject({
      child: null,
      short: { availableSat: 0n },
    });
  });
});

describe('what a trader sets aside', () => {
  it('the largest commitment is never larger than declared, and close to it', () => {
    const full = stateOf(
      3n,
      Array.from({ length: 10 }, (_, unit) => delivery(unit, 120)),
    );
    for (const trader of ['consumer', 'producer'] as const) {
      const size = vsize(signCommitment(contract, commitmentOf(contract, trader, full)));
      expect(largestCommitmentVbytes(10)).toBeGreaterThanOrEqual(size);
      expect(largestCommitmentVbytes(10)).toBeLessThan(size + 12);
    }
  });

  it('as one coin it pays for the largest commitment at the rate of the policy', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 2_000n, max: 100_000n }),
        fc.integer({ min: 1, max: 100 }),
        (rate, slots) => {
          const waiting: WaitingCommitment = {
            anchor: { txid: 'cd'.repeat(32), vout: 0 },
            vbytes: largestCommitmentVbytes(slots),
            feeSat: BigInt(300 + 43 * slots),
            stakeSat: 100_000_000n,
            deadline: HEIGHT + 100,
            dustLimitSat: 330n,
          };
          const reserve: Sat = anchorReserveSat(slots, rate);
          const { child, short } = planAnchorChild(waiting, [coin(reserve)], CHANGE, rate, HEIGHT);
          expect(short).toBeNull();
          expect(child).not.toBeNull();
        },
      ),
    );
  });
});
