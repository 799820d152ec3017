import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { msat, msatToSatFloor, type Sat, sat } from '../../src/base/amount.ts';
import { toHex } from '../../src/base/bytes.ts';
import { type PerRole, ROLES, type Role } from '../../src/base/role.ts';
import {
  type Balances,
  type Contract,
  commitmentReserveSat,
  fundingValueSat,
} from '../../src/tx/contract.ts';
import { arbitratedLocktime, buildClose, buildPenalty, type Settlement } from '../../src/tx/settlement.ts';
import { compareOutputs, unsignedInput } from '../../src/tx/transaction.ts';
import { payoutScripts, satoshi, settledStates, states, traders } from '../support/arbitraries.ts';

const payouts = fc.record({ consumer: payoutScripts, producer: payoutScripts, utility: payoutScripts });
const fees = fc.oneof(fc.bigInt(0n, 10_000n).map(sat), satoshi);

const floors = (state: Balances): PerRole<Sat> => ({
  consumer: msatToSatFloor(state.consumerMsat),
  producer: msatToSatFloor(state.producerMsat),
  utility: msatToSatFloor(state.utilityMsat),
});

/** Everything that a settlement owes to its contract, whoever signs it. */
function expectSound(contract: Contract, { tx, paidSat, feeSat }: Settlement, payout: PerRole<Uint8Array>) {
  const value = fundingValueSat(contract);
  const paid = tx.outputs.reduce((sum, output) => sum + output.value, 0n);
  expect(paid + feeSat).toBe(value);
  expect(ROLES.reduce((sum, role) => sum + paidSat[role], 0n)).toBe(paid);
  expect(tx.version).toBe(2);
  expect(tx.inputs).toEqual([unsignedInput(contract.funding)]);
  expect([...tx.outputs].sort(compareOutputs)).toEqual(tx.outputs);
  for (const { value: each } of tx.outputs) expect(each).toBeGreaterThanOrEqual(contract.params.dustLimitSat);
  const expected = ROLES.filter((role) => paidSat[role] > 0n).map(
    (role) => `${paidSat[role]} ${toHex(payout[role])}`,
  );
  expect(tx.outputs.map((output) => `${output.value} ${toHex(output.script)}`).sort()).toEqual(
    expected.sort(),
  );
}

/** What each should get: `payer` pays the fee that the reserve does not cover, the consumer has what is left of it. */
function shares(contract: Contract, amounts: PerRole<Sat>, payer: Role, feeSat: Sat): PerRole<bigint> {
  const reserve = commitmentReserveSat(contract.params.maxInFlight);
  const left = feeSat < reserve ? reserve - feeSat : 0n;
  const rest = feeSat < reserve ? 0n : feeSat - reserve;
  const share = (role: Role) => {
    const amount = amounts[role] + (role === 'consumer' ? left : 0n) - (role === payer ? rest : 0n);
    return amount < contract.params.dustLimitSat ? 0n : amount;
  };
  return { consumer: share('consumer'), producer: share('producer'), utility: share('utility') };
}

describe('the cooperative close', () => {
  it('any fee that the closer has: the reserve first, then its own output; the rest as in the state', () => {
    fc.assert(
      fc.property(settledStates, traders, fees, payouts, ({ contract, state }, closer, feeSat, payout) => {
        const amounts = floors(state);
        const expected = shares(contract, amounts, closer, feeSat);
        const reserve = commitmentReserveSat(contract.params.maxInFlight);
        const close = buildClose(contract, state, closer, feeSat, payout);
        const nothingLeft = ROLES.every((role) => expected[role] === 0n);
        expect(close.ok).toBe(feeSat <= reserve + amounts[closer] && !nothingLeft);
        if (!close.ok) {
          expect(close.error).toEqual({
            code: 'feeTooHigh',
            feeSat,
            availableSat: reserve + amounts[closer],
          });
          return;
        }
        expect(close.value.paidSat).toEqual(expected);
        expect(close.value.tx.locktime).toBe(0);
        expect(close.value.feeSat).toBeGreaterThanOrEqual(feeSat);
        expectSound(contract, close.value, payout);
      }),
      { numRuns: 300 },
    );
  });

  it('a channel so small that all outputs would be dust: refused, no transaction without outputs', () => {
    fc.assert(
      fc.property(settledStates, payouts, ({ contract, state }, payout) => {
        const small = { consumer: msat(1), producer: msat(2), utility: msat(0) };
        const tiny = { ...contract, contributions: small };
        const shared = { ...state, consumerMsat: small.consumer, producerMsat: small.producer };
        const fee = commitmentReserveSat(contract.params.maxInFlight);
        const close = buildClose(tiny, { ...shared, utilityMsat: small.utility }, 'consumer', fee, payout);
        expect(close).toMatchObject({ ok: false, error: { code: 'feeTooHigh' } });
      }),
      { numRuns: 5 },
    );
  });
});

describe('the penalty', () => {
  it('deliveries in flight, payment and bond: the utility’s, less the fee that the reserve does not cover', () => {
    fc.assert(
      fc.property(states, fees, payouts, ({ contract, state }, feeSat, payout) => {
        const forfeited = state.deliveries.reduce((sum, d) => sum + d.paymentMsat + d.bondMsat, 0n);
        const amounts = {
          ...floors(state),
          utility: sat((state.utilityMsat + forfeited) / 1000n),
        };
        const expected = shares(contract, amounts, 'utility', feeSat);
        const reserve = commitmentReserveSat(contract.params.maxInFlight);
        const penalty = buildPenalty(contract, state, feeSat, payout);
        const nothingLeft = ROLES.every((role) => expected[role] === 0n);
        expect(penalty.ok).toBe(feeSat <= reserve + forfeited / 1000n && !nothingLeft);
        if (!penalty.ok) {
          expect(penalty.error.code).toBe('feeTooHigh');
          return;
        }
        expect(penalty.value.paidSat).toEqual(expected);
        expect(penalty.value.tx.locktime).toBe(arbitratedLocktime(contract));
        expectSound(contract, penalty.value, payout);
      }),
      { numRuns: 300 },
    );
  });

  it('its locktime: the height from which the utility’s key counts, 0 where it always does', () => {
    fc.assert(
      fc.property(states, ({ contract }) => {
        const { arbitration } = contract.params;
        expect(arbitratedLocktime(contract)).toBe(arbitration.type === 'immediate' ? 0 : arbitration.height);
      }),
      { numRuns: 20 },
    );
  });
});
