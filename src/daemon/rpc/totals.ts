import { partsPerMillion } from '../../base/amount.ts';
import type { Ending } from '../../channel/register.ts';
import type { MethodResult } from '../../rpc/methods.ts';
import type { Delivery } from '../../tx/contract.ts';

/** What became of the units of a channel that ended off-chain. Plain data. */
export interface Totals {
  readonly settled: {
    readonly units: number;
    readonly energyWh: bigint;
    readonly paidMsat: bigint;
    readonly gridFeeMsat: bigint;
  };
  readonly forfeited: {
    readonly units: number;
    readonly energyWh: bigint;
    readonly paymentMsat: bigint;
    readonly bondMsat: bigint;
  };
  readonly cancelled: { readonly units: number };
}

export const NO_UNITS: Totals = {
  settled: { units: 0, energyWh: 0n, paidMsat: 0n, gridFeeMsat: 0n },
  forfeited: { units: 0, energyWh: 0n, paymentMsat: 0n, bondMsat: 0n },
  cancelled: { units: 0 },
};

/** With one more unit that ended. */
export function withUnit(
  { settled, forfeited, cancelled }: Totals,
  { energyWh, paymentMsat, bondMsat }: Delivery,
  how: Ending,
  gridFeeMsat: bigint,
): Totals {
  switch (how) {
    case 'settled':
      return {
        forfeited,
        cancelled,
        settled: {
          units: settled.units + 1,
          energyWh: settled.energyWh + energyWh,
          paidMsat: settled.paidMsat + paymentMsat,
          gridFeeMsat: settled.gridFeeMsat + gridFeeMsat,
        },
      };
    case 'forfeited':
      return {
        settled,
        cancelled,
        forfeited: {
          units: forfeited.units + 1,
          energyWh: forfeited.energyWh + energyWh,
          paymentMsat: forfeited.paymentMsat + paymentMsat,
          bondMsat: forfeited.bondMsat + bondMsat,
        },
      };
    case 'cancelled':
      return { settled, forfeited, cancelled: { units: cancelled.units + 1 } };
  }
}

/** The grid's part of a payment that was settled. */
export function gridFeeOf(delivery: Delivery, gridFeePpm: number): bigint {
  return partsPerMillion(delivery.paymentMsat, gridFeePpm);
}

/** As it is sent, with what is in flight. */
export function totalsOf(
  { settled, forfeited, cancelled }: Totals,
  inFlight: readonly Delivery[],
): MethodResult<'getTotals'> {
  const sum = (amount: (delivery: Delivery) => bigint) =>
    `${inFlight.reduce((all, each) => all + amount(each), 0n)}`;
  return {
    settled: {
      units: settled.units,
      energyWh: `${settled.energyWh}`,
      paidMsat: `${settled.paidMsat}`,
      gridFeeMsat: `${settled.gridFeeMsat}`,
    },
    forfeited: {
      units: forfeited.units,
      energyWh: `${forfeited.energyWh}`,
      paymentMsat: `${forfeited.paymentMsat}`,
      bondMsat: `${forfeited.bondMsat}`,
    },
    cancelled,
    inFlight: {
      units: inFlight.length,
      energyWh: sum(({ energyWh }) => energyWh),
      paymentMsat: sum(({ paymentMsat }) => paymentMsat),
      bondMsat: sum(({ bondMsat }) => bondMsat),
    },
  };
}
