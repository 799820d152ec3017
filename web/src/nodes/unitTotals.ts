import type { MethodResult } from '../../../src/client/index.ts';

/** How far a unit is. It never goes back: of two, the later one of this list holds. */
export const LADDER = ['inFlight', 'refused', 'attested', 'cancelled', 'forfeited', 'settled'] as const;
export type Step = (typeof LADDER)[number];

/** Whether nothing more happens to the unit. */
export function isEnd(step: Step): boolean {
  return LADDER.indexOf(step) >= LADDER.indexOf('cancelled');
}

type Amounts<T> = {
  readonly [K in keyof T]: T[K] extends string ? bigint : T[K] extends object ? Amounts<T[K]> : T[K];
};

/** What the units of a channel sum to, as `getTotals` has it, with its amounts as numbers. */
export type UnitTotals = Amounts<MethodResult<'getTotals'>>;

export const NO_TOTALS: UnitTotals = {
  settled: { units: 0, energyWh: 0n, paidMsat: 0n, gridFeeMsat: 0n },
  forfeited: { units: 0, energyWh: 0n, paymentMsat: 0n, bondMsat: 0n },
  cancelled: { units: 0 },
  inFlight: { units: 0, energyWh: 0n, paymentMsat: 0n, bondMsat: 0n },
};

/** What a unit adds to the totals. */
export interface Counted {
  readonly energyWh: bigint;
  readonly paymentMsat: bigint;
  readonly bondMsat: bigint;
  readonly gridFeeMsat: bigint;
}

/** The totals with one unit more, or less. */
export function counted(totals: UnitTotals, step: Step, sign: 1 | -1, unit: Counted): UnitTotals {
  const times = BigInt(sign);
  const { settled, forfeited, cancelled, inFlight } = totals;
  switch (step) {
    case 'settled':
      return {
        ...totals,
        settled: {
          units: settled.units + sign,
          energyWh: settled.energyWh + times * unit.energyWh,
          paidMsat: settled.paidMsat + times * unit.paymentMsat,
          gridFeeMsat: settled.gridFeeMsat + times * unit.gridFeeMsat,
        },
      };
    case 'forfeited':
      return {
        ...totals,
        forfeited: {
          units: forfeited.units + sign,
          energyWh: forfeited.energyWh + times * unit.energyWh,
          paymentMsat: forfeited.paymentMsat + times * unit.paymentMsat,
          bondMsat: forfeited.bondMsat + times * unit.bondMsat,
        },
      };
    case 'cancelled':
      return { ...totals, cancelled: { units: cancelled.units + sign } };
    default:
      return {
        ...totals,
        inFlight: {
          units: inFlight.units + sign,
          energyWh: inFlight.energyWh + times * unit.energyWh,
          paymentMsat: inFlight.paymentMsat + times * unit.paymentMsat,
          bondMsat: inFlight.bondMsat + times * unit.bondMsat,
        },
      };
  }
}

/** What `getTotals` answered. */
export function totalsFrom({
  settled,
  forfeited,
  cancelled,
  inFlight,
}: MethodResult<'getTotals'>): UnitTotals {
  return {
    settled: {
      units: settled.units,
      energyWh: BigInt(settled.energyWh),
      paidMsat: BigInt(settled.paidMsat),
      gridFeeMsat: BigInt(settled.gridFeeMsat),
    },
    forfeited: {
      units: forfeited.units,
      energyWh: BigInt(forfeited.energyWh),
      paymentMsat: BigInt(forfeited.paymentMsat),
      bondMsat: BigInt(forfeited.bondMsat),
    },
    cancelled,
    inFlight: {
      units: inFlight.units,
      energyWh: BigInt(inFlight.energyWh),
      paymentMsat: BigInt(inFlight.paymentMsat),
      bondMsat: BigInt(inFlight.bondMsat),
    },
  };
}
