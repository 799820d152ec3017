import { z } from 'zod';
import { count, hash32, height, sequence, text } from './fields.ts';

/** What changes of a node from moment to moment: whoever watches it knows when to ask for more. */
export const status = z
  .strictObject({
    height: height.nullable().describe('the block up to which this node has followed the chain'),
    blockHash: hash32.nullable().describe('hash of that block, display order'),
    chainHeight: height.nullable().describe("the Bitcoin node's best block; null while it does not answer"),
    chainTrouble: text.nullable().describe('what keeps this node from following the chain now'),
    peersConnected: count,
    walletChanges: count.describe(
      'grows with each change of the wallet since the daemon was started; another number than before: ask for the balance anew',
    ),
    channelChanges: count.describe('the same for the channels, all together'),
    newestEvent: sequence.nullable(),
  })
  .meta({ id: 'status' });

export type NodeStatus = z.output<typeof status>;
