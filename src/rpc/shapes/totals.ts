import { z } from 'zod';
import { count, millisatoshi, u64 } from './fields.ts';

const energyWh = u64.describe('energy of these units, Wh');

/** What became of all units of a channel. */
export const totals = z
  .strictObject({
    settled: z
      .strictObject({
        units: count,
        energyWh,
        paidMsat: millisatoshi.describe('payments of the buyers, grid fees included'),
        gridFeeMsat: millisatoshi.describe('the part of the payments that went to the utility'),
      })
      .describe('paid off-chain'),
    forfeited: z
      .strictObject({
        units: count,
        energyWh,
        paymentMsat: millisatoshi.describe('payments that went to the utility'),
        bondMsat: millisatoshi.describe('bonds that went to the utility'),
      })
      .describe('given to the utility off-chain, because the energy did not come'),
    cancelled: z.strictObject({ units: count }).describe('given up by both traders'),
    inFlight: z
      .strictObject({ units: count, energyWh, paymentMsat: millisatoshi, bondMsat: millisatoshi })
      .describe(
        'in the newest state that this node knows; what went to the chain in flight is decided there',
      ),
  })
  .meta({ id: 'totals' });
