import { describe, expect, it } from 'vitest';
import type { Role, Trader } from '../../src/base/role.ts';
import { claimsDue, type PlannedClaim, planClaims } from '../../src/penalty/claims.ts';
import type { Knowledge } from '../../src/penalty/knowledge.ts';
import { connectBlock, type Monitor, startMonitor } from '../../src/penalty/monitor.ts';
import type { Balances } from '../../src/tx/contract.ts';
import { type Tx, vsize } from '../../src/tx/transaction.ts';
import {
  blockAfter,
  commitmentOf,
  DELAY,
  delivery,
  funded,
  knowledgeOf,
  known,
  lockOf,
  PAYOUT,
  preimageOf,
  START,
  signClaim,
  signCommitment,
  stateOf,
} from './support.ts';

const { funding, contract } = funded();
const RATE = 1000n;
/** The height at which {@link spentBy} confirms the spend. */
const SPENT = START.height + 1;
const NOW = SPENT;

const preimage = (unit: number) => ({ lock: lockOf(unit), preimage: preimageOf(unit) });

function monitorOf(knowledge: Knowledge, ...blocks: readonly (readonly Tx[])[]): Monitor {
  return blocks.reduce(
    (monitor, transactions) =>
      connectBlock(monitor, blockAfter(monitor.tip, transactions), knowledge).monitor,
    startMonitor(contract.funding, START),
  );
}

/** What `role` may claim with the broadcaster's commitment to `state` confirmed. */
function scene(role: Role, broadcaster: Trader, state: Balances, more: Partial<Knowledge> = {}) {
  const knowledge = knowledgeOf(role, contract, state, more);
  const spend = signCommitment(contract, commitmentOf(contract, broadcaster, state));
  const monitor = monitorOf(knowledge, [funding, spend]);
  return {
    knowledge,
    monitor,
    at: (height: number, rate = RATE) => claimsDue(monitor, knowledge, rate, height),
    plan: (height: number, rate = RATE) => planClaims(monitor, knowledge, rate, height),
  };
}

const paths = (claims: readonly PlannedClaim[]) =>
  claims.map(({ claim }) => claim.inputs.map(({ spend }) => spend.path));

describe('a trader on its own commitment', () => {
  it('to_broadcaster: due when the next block is the delay after the commitment, with the delayed key', () => {
    const { at } = scene('consumer', 'consumer', stateOf(3n));
    expect(at(SPENT + DELAY.consumer - 2)).toEqual([]);
    const [planned, ...others] = at(SPENT + DELAY.consumer - 1);
    expect(others).toEqual([]);
    expect(planned).toMatchObject({
      signWith: [{ key: 'delayed' }],
      purpose: 'to_broadcaster',
      deadline: null,
    });
    expect(planned?.claim.tx).toMatchObject({
      version: 2,
      locktime: 0,
      inputs: [{ sequence: DELAY.consumer }],
      outputs: [{ script: PAYOUT.consumer }],
    });
  });

  it('seller with the preimage: the delivery after the delay, apart from to_broadcaster, with the expiry as deadline', () => {
    const state = stateOf(3n, [delivery(1, 150)]);
    const { at } = scene('producer', 'producer', state, { preimages: [preimage(1)] });
    expect(at(SPENT + DELAY.producer - 2)).toEqual([]);
    const claims = at(SPENT + DELAY.producer - 1);
    expect(paths(claims)).toEqual([['preimage'], ['delayed']]);
    expect(claims[0]).toMatchObject({
      signWith: [{ key: 'delayed' }],
      deadline: state.deliveries[0]?.expiry,
    });
    expect(claims[0]?.purpose).toMatch(/^delivery of unit 1 \([0-9a-f]{8}\) by preimage$/);
  });

  it('seller without the preimage: nothing to do about the delivery until it is known', () => {
    const state = stateOf(3n, [delivery(1, 150)]);
    const { monitor, knowledge, at } = scene('producer', 'producer', state);
    expect(paths(at(NOW + 20))).toEqual([['delayed']]);
    const later = { ...knowledge, preimages: [preimage(1)] };
    expect(paths(claimsDue(monitor, later, RATE, NOW + 20))).toEqual([['preimage'], ['delayed']]);
  });

  it('buyer: no claim on a delivery, with or without the preimage', () => {
    const state = stateOf(3n, [delivery(1, 150)]);
    const { at } = scene('consumer', 'consumer', state, { preimages: [preimage(1)] });
    expect(paths(at(500))).toEqual([['delayed']]);
  });
});

describe("a trader on the peer's commitment", () => {
  it('to_counterparty in the next block, with the payment key', () => {
    const [planned, ...others] = scene('consumer', 'producer', stateOf(3n)).at(NOW);
    expect(others).toEqual([]);
    expect(planned).toMatchObject({ signWith: [{ key: 'payment' }], purpose: 'to_counterparty' });
    expect(planned?.claim.tx.inputs).toMatchObject([{ sequence: 1 }]);
  });

  it('seller with preimages: deliveries of one expiry together in the next block, one claim for each expiry', () => {
    const state = stateOf(3n, [delivery(1, 150), delivery(2, 150), delivery(3, 152), delivery(4, 153)]);
    const { at } = scene('producer', 'consumer', state, { preimages: [1, 2, 3].map(preimage) });
    const claims = at(NOW);
    expect(paths(claims)).toEqual([['preimage', 'preimage'], ['preimage'], ['payment']]);
    expect(claims.map(({ deadline }) => deadline)).toEqual([161, 163, null]);
    expect(claims[0]?.signWith).toEqual([{ key: 'payment' }, { key: 'payment' }]);
  });
});

describe('the utility', () => {
  const state = stateOf(3n, [delivery(1, 110), delivery(2, 110), delivery(3, 120)]);

  it.each(['consumer', 'producer'] as const)(
    'on the commitment of the %s: its balance at once, what it did not attest at expiry, never what it did',
    (broadcaster) => {
      const { at } = scene('utility', broadcaster, state, { attestedLocks: [lockOf(2)] });
      expect(paths(at(NOW))).toEqual([['payment']]);
      expect(paths(at(120))).toEqual([['payment']]);
      const claims = at(121);
      expect(paths(claims)).toEqual([['payment'], ['expiry']]);
      expect(claims[1]).toMatchObject({ signWith: [{ key: 'payment' }], deadline: null });
      expect(claims[1]?.claim.tx).toMatchObject({ locktime: 121, inputs: [{ sequence: 1 }] });
      expect(paths(at(131))).toEqual([['payment'], ['expiry'], ['expiry']]);
    },
  );

  it('a commitment that confirms after the expiries: balance and deliveries in one claim', () => {
    const late = stateOf(3n, [delivery(1, 80), delivery(2, 85)]);
    const claims = scene('utility', 'consumer', late).at(NOW);
    expect(paths(claims)).toEqual([['payment', 'expiry', 'expiry']]);
    expect(claims[0]?.claim.tx.locktime).toBe(85 + DELAY.producer + 3);
  });

  it('a commitment that nobody proved: only its balance, which its script gives away; the rest once it is proved', () => {
    const { monitor, knowledge } = scene('utility', 'producer', state, { commitments: [] });
    expect(paths(claimsDue(monitor, knowledge, RATE, 200))).toEqual([['payment']]);
    const proved = { ...knowledge, commitments: [known('producer', 'proved', state)] };
    expect(paths(claimsDue(monitor, proved, RATE, 200))).toEqual([
      ['payment'],
      ['expiry', 'expiry'],
      ['expiry'],
    ]);
  });

  it("the buyer's version, proved only by the seller's: its deliveries are recognised, they hang on no secret", () => {
    const commitments = [known('producer', 'proved', state)];
    const { at } = scene('utility', 'consumer', state, { commitments });
    expect(paths(at(200))).toEqual([['payment'], ['expiry', 'expiry'], ['expiry']]);
  });
});

describe('a commitment that cannot be rebuilt', () => {
  it.each(['revoked', 'unknown'] as const)('%s: what it pays to us is recognised by its script', (kind) => {
    const latest = stateOf(7n);
    const tx = signCommitment(
      contract,
      commitmentOf(contract, 'producer', stateOf(kind === 'revoked' ? 3n : 9n, [delivery(1, 110)])),
    );
    for (const role of ['consumer', 'utility'] as const) {
      const knowledge = knowledgeOf(role, contract, latest);
      const claims = claimsDue(monitorOf(knowledge, [funding, tx]), knowledge, RATE, 400);
      expect(paths(claims)).toEqual([['payment']]);
    }
  });
});

describe('fees', () => {
  it('the same arguments: the same claims', () => {
    const state = stateOf(3n, [delivery(1, 150), delivery(2, 155)]);
    const { at } = scene('producer', 'consumer', state, { preimages: [1, 2].map(preimage) });
    expect(at(NOW, 2500n)).toEqual(at(NOW, 2500n));
  });

  it('more becomes due: the claims that were due before stay as they are', () => {
    const state = stateOf(3n, [delivery(1, 110), delivery(3, 120)]);
    const { at } = scene('utility', 'consumer', state);
    expect(at(121)[0]).toEqual(at(NOW)[0]);
    expect(at(131).slice(0, 2)).toEqual(at(121));
  });

  it('an output was taken: it is claimed no more, the others are', () => {
    const state = stateOf(3n, [delivery(1, 150), delivery(2, 150)]);
    const { knowledge, monitor, at } = scene('producer', 'consumer', state, {
      preimages: [1, 2].map(preimage),
    });
    const [deliveries, rest] = at(NOW);
    if (deliveries === undefined || rest === undefined) throw new Error('two claims');
    const confirmed = connectBlock(
      monitor,
      blockAfter(monitor.tip, [signClaim('producer', deliveries)]),
      knowledge,
    ).monitor;
    expect(claimsDue(confirmed, knowledge, RATE, NOW + 1)).toEqual([rest]);
  });

  it('an output that costs more than it brings: left, with what it would cost', () => {
    const { plan } = scene('utility', 'consumer', stateOf(3n, [], 400_000n));
    expect(plan(NOW)).toMatchObject({
      due: [],
      left: [{ code: 'claimBelowDust', purpose: 'to_utility', valueSat: 400n }],
    });
  });

  it('small outputs that are not worth a transaction each: gathered with what becomes due later', () => {
    const small = [
      delivery(1, 110, 'producer', 600),
      delivery(2, 111, 'producer', 600),
      delivery(3, 112, 'producer', 600),
    ];
    const { plan } = scene('utility', 'consumer', stateOf(3n, small, 0n));
    expect(plan(121, 2500n).due).toEqual([]);
    expect(plan(121, 2500n).left).toHaveLength(1);
    const { due, left } = plan(122, 2500n);
    expect(paths(due)).toEqual([['expiry', 'expiry']]);
    expect(left).toEqual([]);
    expect(plan(123, 2500n).due.slice(0, 1)).toEqual(due);
  });

  it('a deadline nears: each block asks for more than the last, up to the deadline', () => {
    const state = stateOf(3n, [delivery(1, 110)]);
    const { at } = scene('producer', 'consumer', state, { preimages: [preimage(1)] });
    const feeAt = (height: number) => at(height)[0]?.claim.feeSat ?? 0n;
    expect(feeAt(114)).toBe(feeAt(NOW));
    for (let height = 115; height <= 121; height++) expect(feeAt(height)).toBeGreaterThan(feeAt(height - 1));
    expect(feeAt(122)).toBe(feeAt(121));
    expect(at(115)[1]).toEqual(at(NOW)[1]);
  });

  it('a delivery too small for the urgent rate: it pays what leaves the dust limit, not more, and is not given up', () => {
    const state = stateOf(3n, [delivery(1, 110, 'producer', 900)]);
    const { at } = scene('producer', 'consumer', state, { preimages: [preimage(1)] });
    expect(at(120)[0]?.claim.feeSat).toBeGreaterThan(at(NOW)[0]?.claim.feeSat ?? 0n);
    expect(at(120)[0]?.claim.tx.outputs[0]?.value).toBeGreaterThanOrEqual(330n);
    expect(at(120)[0]?.claim.tx.outputs[0]?.value).toBeLessThan(332n);
  });

  it('a large and a small delivery of one deadline under a high rate: each claimed, the small one apart for what it is worth', () => {
    const state = stateOf(3n, [delivery(1, 110), delivery(2, 110, 'producer', 1_200)]);
    const { at } = scene('producer', 'consumer', state, { preimages: [1, 2].map(preimage) });
    const [together] = at(NOW);
    expect(together?.claim.inputs.map(({ value }) => value)).toEqual([1_200n, 30_000n]);
    const urgent = at(120).filter(({ deadline }) => deadline !== null);
    expect(urgent.map(({ claim }) => claim.inputs.map(({ value }) => value))).toEqual([[30_000n], [1_200n]]);
    expect(urgent[0]?.claim.feeSat).toBeGreaterThan(together?.claim.feeSat ?? 0n);
    for (const { claim } of urgent) expect(claim.tx.outputs[0]?.value).toBeGreaterThanOrEqual(330n);
  });

  it('signed: the fee is at least the rate for the size', () => {
    const state = stateOf(3n, [delivery(1, 110), delivery(2, 110), delivery(3, 120)]);
    for (const planned of scene('utility', 'producer', state).at(200, 3210n)) {
      const size = BigInt(vsize(signClaim('utility', planned)));
      expect(planned.claim.feeSat * 1000n).toBeGreaterThanOrEqual(size * 3210n);
    }
  });
});

it('the funding output unspent: nothing to claim', () => {
  const knowledge = knowledgeOf('consumer', contract, stateOf(3n));
  expect(claimsDue(monitorOf(knowledge, [funding]), knowledge, RATE, 500)).toEqual([]);
});
