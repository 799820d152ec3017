import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Ending,
  type Facts,
  fundingFeeShare,
  JUSTICE,
  justiceFee,
  mismatches,
  type Outcome,
  perRole,
  ROLES,
  settleAccounts,
} from '../../demo/accounting.ts';

const FACTS: Facts = {
  startedSat: { consumer: 600_000n, producer: 150_000n, utility: 50_000n },
  contributionsSat: { consumer: 500_000n, producer: 100_000n, utility: 20_000n },
  keptBackMsat: 1_000_000n,
  gridFeePpm: 20_000n,
  dustLimitSat: 330n,
  funding: { feeRate: 2_000n, parts: perRole(() => ({ inputs: 1, change: true })) },
  units: [
    { paymentMsat: 3_280n, outcome: 'paid' },
    { paymentMsat: 3_690n, outcome: 'paid' },
  ],
  ending: { type: 'close', feeSat: 496n },
  claims: [],
};

const LATE = { paymentMsat: 3_690n, outcome: 'forfeited' } as const;

function total(amounts: object): bigint {
  return Object.values(amounts).reduce<bigint>((sum, each) => sum + each, 0n);
}

describe('accounts of a story', () => {
  it('units delivered, close: worked out by hand', () => {
    const { expectedSat, fees } = settleAccounts(FACTS);
    // 6.970 sat for the energy, 0.138 of it grid fee (65 + 73 msat)
    expect(expectedSat).toEqual({
      consumer: 600_000n - 308n - 496n - 7n,
      producer: 150_000n - 202n + 6n,
      utility: 50_000n - 202n,
    });
    expect(fees).toEqual({ funding: 308n + 2n * 202n, ending: 496n + 1n });
  });

  it('unit forfeited: payment and the whole stake above the reserve to the utility', () => {
    const { expectedSat } = settleAccounts({ ...FACTS, units: [LATE] });
    expect(expectedSat.producer).toBe(150_000n - 202n - 99_000n);
    expect(expectedSat.utility).toBe(50_000n - 202n + 99_003n);
  });

  it('commitment: the reserve becomes fee and anchor, every claim its owner’s fee', () => {
    const claims = [
      { role: 'utility', what: 'its balance', feeSat: 123n },
      { role: 'utility', what: 'the penalty', feeSat: 144n },
    ] as const;
    const units = [{ ...LATE, outcome: 'expired' }] as const;
    const { expectedSat, leftSat, fees } = settleAccounts({
      ...FACTS,
      units,
      claims,
      ending: { type: 'commitment' },
    });
    expect(expectedSat.consumer).toBe(600_000n - 308n - 343n - 240n - 4n);
    expect(expectedSat.utility).toBe(50_000n - 202n + 99_003n - 123n - 144n);
    expect({ leftSat, ending: fees.ending }).toEqual({ leftSat: 240n, ending: 343n + 1n });
  });

  it('claimed with the secret: the seller has payment and bond, and there is no grid fee', () => {
    const units = [{ ...LATE, outcome: 'claimed' }] as const;
    const { lines, expectedSat } = settleAccounts({ ...FACTS, units, ending: { type: 'commitment' } });
    expect(lines.some(({ label }) => label === 'grid fee')).toBe(false);
    expect(expectedSat.producer).toBe(150_000n - 202n + 3n);
  });

  it('closing fee above the reserve: the rest is the closer’s', () => {
    const { expectedSat } = settleAccounts({ ...FACTS, units: [], ending: { type: 'close', feeSat: 700n } });
    expect(expectedSat.consumer).toBe(600_000n - 308n - 700n);
  });

  it('penalty fee above the reserve: the rest is the utility’s', () => {
    const ending = { type: 'penalty', feeSat: 700n } as const;
    const units = [{ ...LATE, outcome: 'penalised' }] as const;
    const { expectedSat } = settleAccounts({ ...FACTS, units, ending });
    expect(expectedSat.utility).toBe(50_000n - 202n + 99_003n - 117n);
  });

  it('consumer’s old state published: all its coins to the producer, the grid fee too small to pay', () => {
    const ending = { type: 'breach', by: 'consumer', afterUnits: 0, answeredBy: 'trader' } as const;
    const { expectedSat, fees, leftSat } = settleAccounts({ ...FACTS, ending });
    expect(expectedSat).toEqual({
      consumer: 600_000n - 500_000n - 308n - 583n,
      producer: 150_000n + 500_000n - 202n,
      utility: 50_000n - 202n,
    });
    expect({ leftSat, ending: fees.ending }).toEqual({ leftSat: 240n, ending: 343n });
  });

  it('little is left after the fee: the trader has its dust limit first, the utility the rest', () => {
    const ending = { type: 'breach', by: 'producer', afterUnits: 0, answeredBy: 'trader' } as const;
    const claims = [{ role: 'consumer', what: JUSTICE, feeSat: 1_000n }] as const;
    const { expectedSat } = settleAccounts({ ...FACTS, units: [LATE], ending, claims });
    expect(expectedSat.utility).toBe(50_000n - 202n + 98_670n);
    expect(expectedSat.consumer).toBe(600_000n - 308n - 583n + 330n);
  });

  it('the watchtower answers: all of it to the trader, the utility left as the old state has it', () => {
    const ending = { type: 'breach', by: 'producer', afterUnits: 0, answeredBy: 'watchtower' } as const;
    const { expectedSat } = settleAccounts({ ...FACTS, units: [LATE], ending });
    expect(expectedSat).toEqual({
      consumer: 600_000n - 308n - 583n + 100_000n,
      producer: 150_000n - 100_000n - 202n,
      utility: 50_000n - 202n,
    });
    expect([justiceFee(2_000n), justiceFee(8_000n)]).toEqual([266n, 1_064n]);
  });

  it('producer’s old state published after a forfeit: the utility has the stake all the same', () => {
    const ending = { type: 'breach', by: 'producer', afterUnits: 0, answeredBy: 'trader' } as const;
    const { expectedSat } = settleAccounts({ ...FACTS, units: [LATE], ending });
    expect(expectedSat).toEqual({
      consumer: 600_000n - 308n - 583n + 100_000n - 99_003n,
      producer: 150_000n - 100_000n - 202n,
      utility: 50_000n - 202n + 99_003n,
    });
  });

  it('a share of the opening fee: by weight, rounded up', () => {
    expect(fundingFeeShare('producer', { inputs: 1, change: true }, 2_000n)).toBe(202n);
    expect(fundingFeeShare('producer', { inputs: 0, change: false }, 2_000n)).toBe(0n);
    expect(fundingFeeShare('consumer', { inputs: 2, change: false }, 1_001n)).toBe(170n);
  });

  it('whatever happens: what went in is in wallets, in fees, or left as an anchor', () => {
    const last = fc.constantFrom<[Outcome[], (feeSat: bigint, paid: number) => Ending]>(
      [[], (feeSat) => ({ type: 'close', feeSat })],
      [['forfeited'], (feeSat) => ({ type: 'close', feeSat })],
      [['penalised'], (feeSat) => ({ type: 'penalty', feeSat })],
      [['claimed'], () => ({ type: 'commitment' })],
      [['expired'], () => ({ type: 'commitment' })],
      [
        [],
        (_, paid) => ({
          type: 'breach',
          by: 'consumer',
          afterUnits: Math.floor(paid / 2),
          answeredBy: 'trader',
        }),
      ],
      [
        ['forfeited'],
        (_, paid) => ({ type: 'breach', by: 'producer', afterUnits: paid, answeredBy: 'watchtower' }),
      ],
    );
    const price = fc.bigInt(1n, 100_000n);
    fc.assert(
      fc.property(
        last,
        fc.array(price, { maxLength: 80 }),
        price,
        fc.bigInt(0n, 2_000n),
        (end, paid, p, fee) => {
          const [unpaid, endingOf] = end;
          const units = [
            ...paid.map((paymentMsat) => ({ paymentMsat, outcome: 'paid' as const })),
            ...unpaid.map((outcome) => ({ paymentMsat: p, outcome })),
          ];
          const ending = endingOf(fee, paid.length);
          const claims = [{ role: 'producer', what: 'its balance', feeSat: fee } as const];
          const { expectedSat, fees, leftSat, lines } = settleAccounts({ ...FACTS, units, ending, claims });
          expect(total(expectedSat) + total(fees) + fee + leftSat).toBe(total(FACTS.startedSat));
          for (const role of ROLES) {
            const msat = lines.reduce((sum, { amounts }) => sum + amounts[role], 0n);
            expect(msat).toBe(1000n * expectedSat[role]);
          }
        },
      ),
    );
  });

  it('one satoshi off: named, with the party', () => {
    const right = { consumer: 1n, producer: 2n, utility: 3n };
    expect(mismatches(right, right)).toEqual([]);
    expect(mismatches(right, { ...right, producer: 1n })).toEqual([
      'the producer must end with 2 sat, the node finds 1: 1 sat missing',
    ]);
    expect(mismatches(right, { ...right, utility: 5n })).toEqual([
      'the utility must end with 3 sat, the node finds 5: 2 sat too much',
    ]);
  });
});
