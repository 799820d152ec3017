import { describe, expect, it } from 'vitest';
import { sat } from '../../src/base/amount.ts';
import { tinySecp256k1 as secp } from '../../src/crypto/tiny.ts';
import { arbitrate, type Evidence } from '../../src/penalty/arbitrate.ts';
import { buildPenalty } from '../../src/tx/settlement.ts';
import { contractOf, delivery, funded, lockOf, PAYOUT, proofOf, SETTLEMENT, stateOf } from './support.ts';

const { contract } = funded();
const inFlight = stateOf(7n, [delivery(1, 150), delivery(2, 160)]);
const settled = stateOf(7n);
const OPENED = 200;

function evidence(more: Partial<Evidence> = {}): Evidence {
  return {
    contract,
    ledger: { attestedLocks: [], highestProved: null },
    proof: proofOf(contract, 'consumer', inFlight),
    openedAt: OPENED,
    height: SETTLEMENT,
    feeSat: sat(600),
    payout: PAYOUT,
    ...more,
  };
}
const verdict = (more: Partial<Evidence> = {}) => arbitrate(secp, evidence(more));
const refused = (reason: object) => ({ type: 'refuse', reason: expect.objectContaining(reason) });

describe('arbitrate', () => {
  it('every delivery unattested and late, the window and T over: penalise', () => {
    const penalty = buildPenalty(contract, inFlight, sat(600), PAYOUT);
    if (!penalty.ok) throw new Error(penalty.error.code);
    expect(verdict()).toEqual({ type: 'penalise', n: 7n, settlement: penalty.value });
    expect(penalty.value.tx.locktime).toBe(SETTLEMENT);
    expect(penalty.value.paidSat.utility).toBe(10_000n + 60_000n);
  });

  it('nothing in flight: settle, as the state says', () => {
    const result = verdict({ proof: proofOf(contract, 'producer', settled) });
    expect(result).toMatchObject({ type: 'settle', settlement: { paidSat: { utility: 10_000n } } });
  });

  it('before T: wait for it', () => {
    expect(verdict({ height: SETTLEMENT - 1 })).toEqual({
      type: 'wait',
      until: SETTLEMENT,
      reason: 'arbitrationHeight',
    });
  });

  it('the other side may still answer: wait for the end of the window', () => {
    const openedAt = SETTLEMENT - 2;
    expect(verdict({ openedAt })).toEqual({
      type: 'wait',
      until: openedAt + contract.params.contestWindow,
      reason: 'contestWindow',
    });
    expect(verdict({ openedAt, height: openedAt + contract.params.contestWindow }).type).toBe('penalise');
  });

  it('immediate arbitration: after the window, with no locktime', () => {
    const now = contractOf(contract.funding, { type: 'immediate' });
    const proof = proofOf(now, 'consumer', inFlight);
    expect(verdict({ contract: now, proof, height: OPENED + 9 })).toMatchObject({ type: 'wait', until: 210 });
    expect(verdict({ contract: now, proof, height: OPENED + 10 })).toMatchObject({
      type: 'penalise',
      settlement: { tx: { locktime: 0 } },
    });
  });

  it('a higher number was proved: staleState; the same number by the other side is not', () => {
    const ledger = { attestedLocks: [], highestProved: 8n };
    expect(verdict({ ledger })).toEqual(refused({ code: 'staleState', n: 7n, highestProved: 8n }));
    expect(verdict({ ledger: { attestedLocks: [], highestProved: 7n } }).type).toBe('penalise');
  });

  it('one delivery was attested: deliveryAttested', () => {
    const ledger = { attestedLocks: [lockOf(2)], highestProved: null };
    expect(verdict({ ledger })).toEqual(refused({ code: 'deliveryAttested', id: 2n, unit: 2n }));
  });

  it('one deadline not reached: deadlineNotReached, whatever else there is to wait for', () => {
    expect(verdict({ height: 159, openedAt: 155 })).toEqual(
      refused({ code: 'deadlineNotReached', id: 2n, deadline: 160, height: 159 }),
    );
    expect(verdict({ height: 160, openedAt: 155 }).type).toBe('wait');
  });

  it('a proof that does not hold: refused with why, before anything else is looked at', () => {
    const proof = { ...evidence().proof, signature: new Uint8Array(64) };
    expect(verdict({ proof, height: 1 })).toEqual(refused({ code: 'badSignature' }));
  });

  it("a fee above the reserve and all that is the utility's: feeTooHigh", () => {
    expect(verdict({ feeSat: sat(71_000) })).toEqual(refused({ code: 'feeTooHigh', availableSat: 70_970n }));
  });
});
