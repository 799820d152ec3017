import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sat } from '../../src/base/amount.ts';
import { arbitrate, UNDECIDED_GRACE } from '../../src/dispute/arbitrate.ts';
import type { Evidence } from '../../src/dispute/evidence.ts';
import { buildPenalty } from '../../src/tx/settlement.ts';
import { delivery, PAYOUT, proofOf, SETTLEMENT, secretOf, stateOf } from '../penalty/support.ts';
import { secp } from '../support/curve.ts';
import {
  CAPACITY,
  contract,
  evidence,
  FIRST,
  immediate,
  inFlight,
  METERS,
  meterSecret,
  NOON,
  nodeSecret,
  OPENED,
  reading,
  SECOND,
  signUnchecked,
  word,
} from './support.ts';

const verdict = (more: Partial<Evidence> = {}, claim: Partial<Evidence['claim']> = {}) =>
  arbitrate(secp, evidence(more, claim));
const found = (more: Partial<Evidence>, claim: Partial<Evidence['claim']> = {}) =>
  verdict(more, claim).findings.map(({ code, against }) => `${code} ${against}`);
const from = 'producer' as const;

const START = reading(1, 0);
const COVERS_ONE = reading(30, 1000);
const COVERS_TWO = reading(60, 2000);
const ATTESTED_1 = word(FIRST, 'delivered', [START, COVERS_ONE]);
const ATTESTED_2 = word(SECOND, 'delivered', [START, COVERS_TWO], { fromWh: 1000n });
const REFUSED_2 = word(SECOND, 'notDelivered', [START, COVERS_ONE], { fromWh: 1000n });

describe('what becomes of each delivery', () => {
  it('nothing was said of any, all deadlines past: all forfeited, today’s penalty to the byte', () => {
    const penalty = buildPenalty(immediate, inFlight, sat(600), PAYOUT);
    if (!penalty.ok) throw new Error(penalty.error.code);
    expect(verdict()).toMatchObject({
      type: 'penalise',
      state: { n: 7n },
      settlement: penalty.value,
      outcomes: [{ outcome: 'notDelivered' }, { outcome: 'notDelivered' }],
      findings: [],
    });
    expect(penalty.value.paidSat.utility).toBe(10_000n + 60_000n);
  });

  it('one attested, one refused: the first pays its seller, the second is the utility’s', () => {
    const gridFeePpm = 20_000;
    const channel = {
      ...evidence().channel,
      contract: { ...immediate, params: { ...immediate.params, gridFeePpm } },
    };
    const proof = proofOf(channel.contract, 'consumer', inFlight);
    const outcome = verdict({ channel, statements: [ATTESTED_1, REFUSED_2] }, { proof });
    expect(outcome).toMatchObject({
      type: 'penalise',
      outcomes: [
        { id: 1n, outcome: 'delivered' },
        { id: 2n, outcome: 'notDelivered' },
      ],
      settlement: {
        paidSat: {
          producer: inFlight.producerMsat / 1000n + 30_000n - 400n,
          utility: 10_000n + 30_000n + 400n,
        },
      },
    });
  });

  it('both attested: settle, and the buyer that asked is named', () => {
    expect(verdict({ statements: [ATTESTED_1, ATTESTED_2] })).toMatchObject({
      type: 'settle',
      settlement: { paidSat: { utility: 10_000n, producer: inFlight.producerMsat / 1000n + 60_000n } },
      findings: [
        { code: 'deliveryAttested', against: 'consumer', id: 1n },
        { code: 'deliveryAttested', against: 'consumer', id: 2n },
      ],
    });
  });

  it('both attested, the seller asked: settle, nobody is named', () => {
    const proof = proofOf(immediate, 'producer', inFlight);
    const outcome = verdict({ statements: [ATTESTED_1, ATTESTED_2] }, { claimant: 'producer', proof });
    expect(outcome).toMatchObject({ type: 'settle', findings: [] });
  });

  it('nothing in flight, the other side just does not answer: settle as the state says', () => {
    const proof = proofOf(immediate, 'consumer', stateOf(7n));
    expect(verdict({}, { proof })).toMatchObject({
      type: 'settle',
      outcomes: [],
      settlement: { paidSat: { utility: 10_000n, producer: 390_007n } },
    });
  });

  it('every satoshi is accounted for, whatever was delivered', () => {
    fc.assert(
      fc.property(fc.subarray([1, 2, 3, 4]), fc.bigInt(0n, 900n), (delivered, fee) => {
        const deliveries = [1, 2, 3, 4].map((unit) => delivery(unit, 100));
        const state = stateOf(9n, deliveries);
        const ids = delivered.map(BigInt);
        const built = buildPenalty(immediate, state, sat(fee), PAYOUT, ids);
        if (!built.ok) throw new Error(built.error.code);
        const { paidSat } = built.value;
        expect(paidSat.producer).toBe(state.producerMsat / 1000n + 30_000n * BigInt(delivered.length));
        expect(paidSat.utility).toBe(10_000n + 30_000n * BigInt(4 - delivered.length));
        const total = paidSat.consumer + paidSat.producer + paidSat.utility + built.value.feeSat;
        expect(total).toBe(1_000_000n + 970n);
      }),
    );
  });
});

describe('when it is judged', () => {
  it('the other side may still answer: wait for the end of the window', () => {
    const until = OPENED + immediate.params.contestWindow;
    expect(verdict({ height: until - 1 })).toMatchObject({ type: 'wait', until, reason: 'contestWindow' });
    expect(verdict({ height: until }).type).toBe('penalise');
  });

  it('a delivery without a word: wait until its deadline, and one block for a word that is on its way', () => {
    const claim = { openedAt: 140 };
    const until = SECOND.deadline + UNDECIDED_GRACE;
    expect(verdict({ height: until - 1 }, claim)).toMatchObject({ type: 'wait', until, reason: 'deadline' });
    expect(verdict({ height: until }, claim).type).toBe('penalise');
  });

  it('refused: from its deadline on, a refusal before it counts for nothing yet', () => {
    const statements = [ATTESTED_1, REFUSED_2];
    const claim = { openedAt: 140 };
    expect(verdict({ statements, height: SECOND.deadline - 1 }, claim)).toMatchObject({
      type: 'wait',
      until: SECOND.deadline,
    });
    expect(verdict({ statements, height: SECOND.deadline }, claim).type).toBe('penalise');
  });

  it('attested: no deadline to wait for', () => {
    const statements = [ATTESTED_1, ATTESTED_2];
    expect(verdict({ statements, height: 110 }, { openedAt: 100 }).type).toBe('settle');
  });

  it('under afterHeight: not before T, then with that locktime', () => {
    const channel = { ...evidence().channel, contract };
    const proof = proofOf(contract, 'consumer', inFlight);
    expect(verdict({ channel, height: SETTLEMENT - 1 }, { proof })).toMatchObject({
      type: 'wait',
      until: SETTLEMENT,
      reason: 'arbitrationHeight',
    });
    expect(verdict({ channel, height: SETTLEMENT }, { proof })).toMatchObject({
      type: 'penalise',
      settlement: { tx: { locktime: SETTLEMENT } },
    });
  });
});

describe('a state proof', () => {
  const newer = stateOf(8n, [SECOND]);

  it('the other side proved a higher one: that one is judged, and the claimant is named', () => {
    const proofs = [proofOf(immediate, 'producer', newer)];
    expect(verdict({ proofs })).toMatchObject({
      type: 'penalise',
      state: { n: 8n },
      outcomes: [{ id: 2n }],
      findings: [{ code: 'staleState', against: 'consumer', n: 7n, highestProved: 8n }],
    });
  });

  it('a lower one, or one of the same number, changes nothing', () => {
    const proofs = [proofOf(immediate, 'producer', stateOf(6n)), proofOf(immediate, 'producer', inFlight)];
    expect(verdict({ proofs })).toEqual(verdict());
  });

  it('a forged higher one: named, and what was claimed stands', () => {
    const proofs = [{ ...proofOf(immediate, 'producer', newer), signature: new Uint8Array(64).fill(1) }];
    expect(verdict({ proofs })).toMatchObject({
      type: 'penalise',
      state: { n: 7n },
      findings: [{ code: 'forgedProof', against: 'producer', reason: 'badSignature' }],
    });
  });

  it('a forged claim: refused before anything else is looked at', () => {
    const sound = proofOf(immediate, 'consumer', inFlight);
    const changed = { ...sound, ledger: { ...inFlight, consumerMsat: inFlight.producerMsat } };
    for (const proof of [{ ...sound, signature: new Uint8Array(64) }, changed])
      expect(verdict({ height: 1 }, { proof })).toMatchObject({
        type: 'refuse',
        reason: { code: 'forgedProof' },
        findings: [{ code: 'forgedProof', against: 'consumer' }],
      });
  });

  it('a claim with the other side’s proof: refused', () => {
    const proof = proofOf(immediate, 'producer', inFlight);
    expect(verdict({}, { proof })).toMatchObject({ type: 'refuse', reason: { reason: 'otherSide' } });
  });
});

describe('readings', () => {
  it('sound ones in order: nothing found', () => {
    const readings = [START, COVERS_ONE, COVERS_TWO].map((signed) => ({ from, signed }));
    expect(verdict({ readings })).toMatchObject({ type: 'penalise', findings: [] });
  });

  it.each([
    ['a signature that is none', { ...START, signature: new Uint8Array(64).fill(7) }, 'badSignature'],
    ['signed by another key', reading(1, 0, {}, secretOf('mallory')), 'badSignature'],
    ['of another meter', reading(1, 0, { meter: METERS.consumer }, meterSecret('consumer')), 'wrongMeter'],
  ])('forged, %s: named', (_, signed, reason) => {
    expect(verdict({ readings: [{ from, signed }] }).findings).toEqual([
      { code: 'forgedReading', against: 'producer', sequence: 1n, reason },
    ]);
  });

  it('replayed, an older number or the same with other values: named', () => {
    for (const signed of [reading(29, 900), reading(30, 1001)]) {
      const readings = [COVERS_ONE, signed].map((each) => ({ from, signed: each }));
      expect(found({ readings })).toEqual(['replayedReading producer']);
    }
  });

  it('one that contradicts, under its own number, what a statement carries: named', () => {
    const readings = [{ from, signed: reading(30, 1001) }];
    expect(found({ statements: [ATTESTED_1, REFUSED_2], readings }, { claimant: 'consumer' })).toEqual([
      'deliveryAttested consumer',
      'replayedReading producer',
    ]);
  });

  it.each([
    ['export', reading(31, 999), 'exportWh'],
    ['import', reading(31, 1000, { importWh: -0n, exportWh: 1000n, time: NOON + 31 * 60 }), undefined],
    ['clock', reading(31, 1000, { time: NOON }), 'time'],
  ])('backwards, %s: named', (_, signed, what) => {
    const readings = [COVERS_ONE, signed].map((each) => ({ from, signed: each }));
    const findings = verdict({ readings }).findings;
    expect(findings).toMatchObject(what === undefined ? [] : [{ code: 'readingBackwards', what }]);
  });

  it('more than the certified capacity: named, with both amounts', () => {
    const readings = [COVERS_ONE, reading(31, 1000 + 10_000)].map((each) => ({ from, signed: each }));
    expect(verdict({ readings }).findings).toEqual([
      {
        code: 'readingAboveCapacity',
        against: 'producer',
        sequence: 31n,
        exportedWh: 10_000n,
        allowedWh: (CAPACITY * 61n + 3599n) / 3600n,
      },
    ]);
  });
});

describe('what the utility said', () => {
  const deadlineTimes = [{ height: SECOND.deadline, time: NOON + 70 * 60 }];
  const readings = [{ from, signed: COVERS_TWO }];

  it('a refusal that a signed reading contradicts: evidence against the utility', () => {
    expect(verdict({ statements: [ATTESTED_1, REFUSED_2], readings, deadlineTimes }).findings).toContainEqual(
      {
        code: 'refusalContradicted',
        against: 'utility',
        unit: 2n,
        sequence: 60n,
      },
    );
  });

  it('the reading came after the deadline, or its time is not known: no contradiction', () => {
    const early = [{ height: SECOND.deadline, time: NOON + 59 * 60 }];
    for (const times of [early, []])
      expect(found({ statements: [REFUSED_2], readings, deadlineTimes: times })).toEqual([]);
  });

  it('a watt-hour attested twice: evidence against the utility', () => {
    const again = word(SECOND, 'delivered', [START, COVERS_TWO], { fromWh: 999n });
    expect(found({ statements: [ATTESTED_1, again] })).toContain('attestedTwice utility');
    expect(found({ statements: [ATTESTED_1, ATTESTED_2] })).not.toContain('attestedTwice utility');
  });

  it('the same watt-hour attested to a unit of another channel: the same', () => {
    const other = word(FIRST, 'delivered', [START, COVERS_ONE], { channelId: new Uint8Array(32).fill(9) });
    expect(found({ statements: [ATTESTED_1, other] })).toContain('attestedTwice utility');
  });

  it('delivered and not delivered of one unit: named, and the attestation counts', () => {
    const refused = word(FIRST, 'notDelivered', [START, START]);
    const outcome = verdict({ statements: [refused, ATTESTED_1] });
    expect(outcome).toMatchObject({ outcomes: [{ outcome: 'delivered' }, { outcome: 'notDelivered' }] });
    expect(outcome.findings).toContainEqual({
      code: 'contradictoryStatements',
      against: 'utility',
      unit: 1n,
    });
  });

  it('an attestation that its own readings do not bear out: named, and it counts for nothing', () => {
    const wrong = word(FIRST, 'delivered', [START, START]);
    expect(verdict({ statements: [wrong] })).toMatchObject({
      outcomes: [{ outcome: 'notDelivered' }, { outcome: 'notDelivered' }],
      findings: [
        { code: 'statementAgainstReadings', against: 'utility', unit: 1n, reason: 'verdictAgainstReading' },
      ],
    });
  });

  it('readings in it that no meter signed: named, and it counts for nothing', () => {
    const forged = { ...COVERS_ONE, signature: new Uint8Array(64).fill(3) };
    const wrong = word(FIRST, 'delivered', [START, forged]);
    expect(verdict({ statements: [wrong] }).findings).toMatchObject([{ reason: 'badReading' }]);
  });

  it('a statement that another key signed: nobody’s word', () => {
    const forged = signUnchecked(ATTESTED_1.body, nodeSecret('producer'));
    expect(verdict({ statements: [forged] })).toMatchObject({
      outcomes: [{ outcome: 'notDelivered' }, { outcome: 'notDelivered' }],
      findings: [{ code: 'forgedStatement', against: 'producer', unit: 1n }],
    });
  });
});

describe('the fee', () => {
  it('above what the utility lets it cost: refused by name', () => {
    expect(verdict({}, { feeSat: sat(5_001) })).toMatchObject({
      type: 'refuse',
      reason: { code: 'feeAboveLimit', maxFeeSat: 5_000n },
      findings: [{ code: 'feeTooHigh', against: 'consumer' }],
    });
  });

  it('above reserve and forfeited coins: refused, balances never pay', () => {
    const claim = { maxFeeSat: sat(1_000_000) };
    expect(verdict({}, { ...claim, feeSat: sat(60_970) }).type).toBe('penalise');
    expect(verdict({}, { ...claim, feeSat: sat(60_971) })).toMatchObject({
      type: 'refuse',
      reason: { code: 'feeTooHigh', availableSat: 60_970n },
    });
  });

  it('nothing forfeited: the reserve pays, and no more than that', () => {
    const statements = [ATTESTED_1, ATTESTED_2];
    expect(verdict({ statements }, { feeSat: sat(970) }).type).toBe('settle');
    expect(verdict({ statements }, { feeSat: sat(971) })).toMatchObject({
      type: 'refuse',
      reason: { code: 'feeTooHigh', availableSat: 970n },
    });
  });
});
