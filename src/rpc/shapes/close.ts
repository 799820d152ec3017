import { z } from 'zod';
import { blocks, height, role, satoshi, trader, u64 } from './fields.ts';

/** What each party would get if a channel ended now. */
export const closePreview = z
  .strictObject({
    cooperative: z
      .strictObject({
        feeSat: satoshi.describe('of the close: the commitment reserve pays it first, then this node'),
        consumerSat: satoshi.describe('what the party gets; 0 where it would be dust'),
        producerSat: satoshi.describe('what the party gets; 0 where it would be dust'),
        utilitySat: satoshi.describe('what the party gets; 0 where it would be dust'),
        undecidedSat: satoshi.describe(
          'payments and bonds in flight, in none of the parts: they are decided before the close',
        ),
      })
      .nullable()
      .describe('the close that this node would propose; null for the utility, and where none can be made'),
    unilateral: z
      .strictObject({
        n: u64.describe('number of the state'),
        broadcaster: trader.describe('whose commitment it is: the own one, at the utility the newest proved'),
        feeSat: satoshi,
        outputs: z.array(
          z.strictObject({
            role: role
              .nullable()
              .describe('whom it pays; null of the anchor, and of a unit on which there is no word yet'),
            what: z.enum(['anchor', 'toBroadcaster', 'toCounterparty', 'toUtility', 'delivery']),
            amountSat: satoshi,
            delayBlocks: blocks
              .nullable()
              .describe(
                'its party can claim it so many blocks after the commitment is in one; of a delivery its seller, with the preimage',
              ),
            fromHeight: height
              .nullable()
              .describe('first block in which the utility can claim a delivery that it did not attest'),
          }),
        ),
      })
      .nullable()
      .describe('the commitment that this node would publish; null where it has none, or may not'),
  })
  .meta({ id: 'closePreview' });
