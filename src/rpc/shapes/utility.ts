import { z } from 'zod';
import { channelKey, count, nodeId, publicKey, seconds, trader, txId, u64 } from './fields.ts';

const energy = z.strictObject({ units: count, energyWh: u64.describe('Wh') });

/** One meter in one channel of a utility. */
export const meterRow = z
  .strictObject({
    meter: publicKey.describe('public key of the meter'),
    nodeId: nodeId.nullable().describe('the trader whose meter it is'),
    channel: channelKey,
    newest: z
      .strictObject({
        sequence: u64,
        time: seconds.describe('by the clock of the meter, Unix seconds'),
        importWh: u64.describe('energy drawn from the grid, cumulative Wh'),
        exportWh: u64.describe('energy given to the grid, cumulative Wh'),
      })
      .nullable()
      .describe('the newest reading of the meter, over all its channels'),
    ordered: energy.describe('all units of this channel that its owner sold'),
    attested: energy.describe('those of them that its export covered'),
    refused: energy.describe('those whose deadline came without their energy'),
    waiting: energy.describe('those that wait for their energy now'),
  })
  .meta({ id: 'meterRow' });

/** What the watchtower keeps for one trader of one channel. */
export const watchedRow = z
  .strictObject({
    channel: channelKey,
    of: trader.describe('for whom it watches'),
    blobs: count.describe('sealed revoked states that it keeps'),
    bytes: count.describe('of their bodies'),
    newestN: u64
      .nullable()
      .describe('number of the newest one, one for each revoked state in order; null before the first'),
    breach: txId.nullable().describe('the revoked commitment of this channel that it is answering'),
    answered: count.describe('outputs of a revoked commitment that justice has taken for this trader'),
  })
  .meta({ id: 'watchedRow' });
