import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { msat, sat } from '../../src/base/amount.ts';
import { counterpartyOf, TRADERS, type Trader } from '../../src/base/role.ts';
import { claimsDue, type PlannedClaim } from '../../src/penalty/claims.ts';
import { identify } from '../../src/penalty/identify.ts';
import type { Knowledge } from '../../src/penalty/knowledge.ts';
import { connectBlock, type Monitor, startMonitor } from '../../src/penalty/monitor.ts';
import type { Balances } from '../../src/tx/contract.ts';
import { type Tx, txid } from '../../src/tx/transaction.ts';
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
  signCommitment,
  stateOf,
  takingAnchor,
} from './support.ts';

const { funding, contract } = funded();
const RATE = 1000n;

/** A victim that has the records of these states, all of which `cheater` revoked. */
function victimOf(
  cheater: Trader,
  newest: Balances,
  old: readonly Balances[],
  more: Partial<Knowledge> = {},
): Knowledge {
  const before = knowledgeOf(counterpartyOf(cheater), contract, newest, more);
  const revoked = old.map((state) => known(cheater, 'revoked', state));
  return { ...before, commitments: [...before.commitments, ...revoked] };
}

function follow(knowledge: Knowledge, blocks: readonly (readonly Tx[])[]): Monitor {
  return blocks.reduce(
    (monitor, transactions) =>
      connectBlock(monitor, blockAfter(monitor.tip, transactions), knowledge).monitor,
    startMonitor(contract.funding, START),
  );
}

/** The justice transactions right after `old` of `cheater` confirmed and `blocks` more. */
function justiceAgainst(
  cheater: Trader,
  knowledge: Knowledge,
  old: Balances,
  blocks = 0,
): readonly PlannedClaim[] {
  const tx = signCommitment(contract, commitmentOf(contract, cheater, old));
  const monitor = follow(knowledge, [[funding], [tx], ...Array.from({ length: blocks }, () => [])]);
  return claimsDue(monitor, knowledge, RATE, monitor.tip.height).filter(({ purpose }) =>
    purpose.startsWith('justice: '),
  );
}

describe.each(TRADERS)('justice against the %s', (cheater) => {
  const victim = counterpartyOf(cheater);
  const sold = [delivery(1, 150, cheater), delivery(2, 150, cheater)];
  const old = stateOf(3n, [...sold, delivery(3, 150, victim)]);
  const newest = stateOf(7n);

  it('one transaction takes to_broadcaster and every delivery of the seller’s version, in time', () => {
    const [justice, ...others] = justiceAgainst(cheater, victimOf(cheater, newest, [old]), old);
    expect(others).toEqual([]);
    expect(justice?.purpose).toMatch(/^justice: /);
    expect(justice?.purpose.split(/: |, /).slice(1).sort()).toEqual([
      'delivery of unit 1',
      'delivery of unit 2',
      'to_broadcaster',
    ]);
    expect(justice?.signWith).toEqual(Array(3).fill({ key: 'revocation', n: 3n }));
    expect(justice?.deadline).toBe(START.height + 2 + DELAY[cheater] - 1);
    expect(justice?.claim.tx.outputs.map(({ script }) => script)).toEqual([PAYOUT[victim]]);
  });

  it('a delivery that was forfeited later is left to the utility', () => {
    const knowledge = victimOf(cheater, newest, [old], { forfeitedLocks: [lockOf(1)] });
    const [justice] = justiceAgainst(cheater, knowledge, old);
    expect(justice?.purpose).toContain('delivery of unit 2');
    expect(justice?.purpose).not.toContain('delivery of unit 1');
  });

  it('what somebody takes first is no hindrance: a new transaction takes the rest', () => {
    const knowledge = victimOf(cheater, newest, [old]);
    const tx = signCommitment(contract, commitmentOf(contract, cheater, old));
    const [whole] = justiceAgainst(cheater, knowledge, old);
    const [first] = whole?.claim.inputs ?? [];
    if (first === undefined) throw new Error('no justice');
    const stolen = takingAnchor(tx, first.outpoint.vout);
    const monitor = follow(knowledge, [[funding], [tx], [stolen]]);
    const [rest] = claimsDue(monitor, knowledge, RATE, monitor.tip.height).filter(({ purpose }) =>
      purpose.startsWith('justice: '),
    );
    expect(rest?.claim.inputs.map(({ outpoint }) => outpoint.vout)).toEqual(
      whole?.claim.inputs.slice(1).map(({ outpoint }) => outpoint.vout),
    );
  });

  it('the nearer the end of the cheater’s delay, the more it pays', () => {
    const knowledge = victimOf(cheater, newest, [old]);
    const fees = Array.from(
      { length: DELAY[cheater] },
      (_, blocks) => justiceAgainst(cheater, knowledge, old, blocks)[0]?.claim.feeSat ?? 0n,
    );
    for (const [i, fee] of fees.entries())
      if (i > 0) expect(fee).toBeGreaterThanOrEqual(fees[i - 1] as bigint);
    expect(fees.at(-1)).toBeGreaterThan(fees[0] as bigint);
  });

  it('two deliveries alike in everything but the lock are both taken', () => {
    const [justice] = justiceAgainst(cheater, victimOf(cheater, newest, [old]), old);
    const outpoints = justice?.claim.inputs.map(({ outpoint }) => outpoint.vout) ?? [];
    expect(new Set(outpoints).size).toBe(3);
    expect(sold[0]?.expiry).toBe(sold[1]?.expiry);
  });

  it('a unit that the victim sold is claimed in the buyer’s version with its old preimage', () => {
    const preimages = [{ lock: lockOf(3), preimage: preimageOf(3) }];
    const knowledge = victimOf(cheater, newest, [old], { preimages });
    const tx = signCommitment(contract, commitmentOf(contract, cheater, old));
    const monitor = follow(knowledge, [[funding], [tx]]);
    const purposes = claimsDue(monitor, knowledge, RATE, monitor.tip.height).map(({ purpose }) => purpose);
    expect(purposes.some((purpose) => /delivery of unit 3 .* by preimage/.test(purpose))).toBe(true);
  });

  it('the utility is paid what the newest state owes it, after the victim is whole; nothing is lost', () => {
    const amounts = fc.record({
      owed: fc.bigInt({ min: 0n, max: 200_000_000n }),
      moved: fc.bigInt({ min: 0n, max: 150_000_000n }),
    });
    fc.assert(
      fc.property(amounts, ({ owed, moved }) => {
        const base = stateOf(7n, [], 10_000_000n + owed);
        const to = cheater === 'consumer' ? -moved : moved;
        const state: Balances = {
          ...base,
          consumerMsat: msat(base.consumerMsat + to),
          producerMsat: msat(base.producerMsat - to),
        };
        const knowledge = victimOf(cheater, state, [old]);
        const [justice] = justiceAgainst(cheater, knowledge, old);
        if (justice === undefined) throw new Error('no justice');
        const { inputs, tx, feeSat } = justice.claim;
        const value = inputs.reduce((sum, each) => sum + each.value, 0n);
        expect(tx.outputs.reduce((sum, each) => sum + each.value, feeSat as bigint)).toBe(value);
        const [own, share] = tx.outputs;
        const owedSat = (10_000_000n + owed) / 1000n - old.utilityMsat / 1000n;
        const balance = victim === 'consumer' ? state.consumerMsat : state.producerMsat;
        const before = victim === 'consumer' ? old.consumerMsat : old.producerMsat;
        const shortfall = balance / 1000n > before / 1000n ? balance / 1000n - before / 1000n : 0n;
        if (share === undefined) {
          const free = value - feeSat - (shortfall > 330n ? shortfall : 330n);
          expect(owedSat < 330n || free < 330n + 50n).toBe(true);
          return;
        }
        expect(share.script).toEqual(PAYOUT.utility);
        expect(share.value).toBeLessThanOrEqual(owedSat);
        expect(share.value).toBeGreaterThanOrEqual(sat(330));
        expect(own?.value).toBeGreaterThanOrEqual(shortfall);
        if (share.value < owedSat) expect(own?.value).toBe(shortfall > 330n ? shortfall : 330n);
      }),
    );
  });
});

describe('which commitment it is', () => {
  const newest = stateOf(7n, [delivery(1, 150)]);

  it('two states of one number, one of them taken back: each is known for what it is', () => {
    const states = [stateOf(3n), stateOf(3n, [delivery(2, 150)])];
    const knowledge = victimOf('producer', newest, states);
    for (const state of states) {
      const commitment = commitmentOf(contract, 'producer', state);
      expect(identify(knowledge, signCommitment(contract, commitment))).toEqual({
        kind: 'revoked',
        n: 3n,
        broadcaster: 'producer',
        commitment,
      });
    }
  });

  it('a revoked commitment with the number of our own current one: the two are told apart', () => {
    const own = stateOf(6n);
    const knowledge: Knowledge = {
      ...victimOf('producer', own, [own]),
      minimumRevokedBelow: { consumer: 6n, producer: 7n },
    };
    const commitments = knowledge.commitments.filter(({ standing }) => standing !== 'peerLatest');
    const at = (broadcaster: Trader) =>
      identify(
        { ...knowledge, commitments },
        signCommitment(contract, commitmentOf(contract, broadcaster, own)),
      );
    expect(at('consumer').kind).toBe('ownCommitment');
    expect(at('producer')).toMatchObject({ kind: 'revoked', broadcaster: 'producer', n: 6n });
  });

  it.each(TRADERS)('a proposal of a round that never finished, at the %s: no breach', (cheater) => {
    const next = stateOf(8n, [delivery(1, 150), delivery(2, 150)]);
    const knowledge = knowledgeOf(counterpartyOf(cheater), contract, newest);
    const commitments = [...knowledge.commitments, known(cheater, 'peerNext', next)];
    const tx = signCommitment(contract, commitmentOf(contract, cheater, next));
    expect(identify({ ...knowledge, commitments }, tx).kind).toBe('peerNext');
  });

  it('the last state that a trader proved, when the other proved later ones: revoked to the utility', () => {
    const late = knowledgeOf('utility', contract, stateOf(9n));
    const knowledge: Knowledge = {
      ...late,
      commitments: [known('producer', 'proved', newest), known('consumer', 'proved', stateOf(9n))],
      minimumRevokedBelow: { consumer: 9n, producer: 8n },
    };
    const commitment = commitmentOf(contract, 'producer', newest);
    expect(identify(knowledge, signCommitment(contract, commitment))).toEqual({
      kind: 'revoked',
      n: 7n,
      broadcaster: 'producer',
      commitment,
    });
  });
});

describe('the utility at a revoked commitment', () => {
  const old = stateOf(3n, [delivery(1, 105), delivery(2, 105), delivery(3, 105)]);
  const expiry = old.deliveries[0]?.expiry ?? 0;

  it.each(TRADERS)('of the %s takes what was forfeited, and nothing else', (cheater) => {
    const knowledge: Knowledge = {
      ...knowledgeOf('utility', contract, stateOf(7n)),
      forfeitedLocks: [lockOf(2)],
      attestedLocks: [lockOf(3)],
    };
    const commitments = [...knowledge.commitments, known(cheater, 'revoked', old)];
    const tx = signCommitment(contract, commitmentOf(contract, cheater, old));
    const wait = Array.from({ length: expiry - START.height }, () => []);
    const monitor = follow({ ...knowledge, commitments }, [[funding], [tx], ...wait]);
    const claims = claimsDue(monitor, { ...knowledge, commitments }, RATE, monitor.tip.height);
    const purposes = claims.map(({ purpose }) => purpose).join(', ');
    expect(purposes).toContain('delivery of unit 2');
    expect(purposes).toContain('to_utility');
    expect(purposes).not.toMatch(/unit [13]/);
    expect(txid(tx)).toBe(claims[0]?.claim.inputs[0]?.outpoint.txid);
  });
});
