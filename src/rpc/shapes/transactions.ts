import { z } from 'zod';
import { address, count, height, role, satoshi, script, txId, u64 } from './fields.ts';

/** What a transaction is to its channel. */
export const TX_KINDS = [
  'funding',
  'close',
  'commitment',
  'revokedCommitment',
  'arbitrated',
  'unknownSpend',
  'anchorChild',
  'claim',
  'justice',
] as const;

/** What an output is to its channel. */
export const OUTPUT_MEANINGS = [
  'coin',
  'funding',
  'change',
  'toBroadcaster',
  'toCounterparty',
  'toUtility',
  'delivery',
  'anchor',
  'payout',
  'unrecognised',
] as const;

const meaning = z
  .enum(OUTPUT_MEANINGS)
  .describe(
    'coin: no output of this channel, a coin of a wallet. funding: the output of the three. change: what comes back to a wallet of a funding transaction or an anchor child. toBroadcaster, toCounterparty, toUtility, delivery, anchor: outputs of a commitment (docs/protocol.md, section 4). payout: where a close, a verdict or a claim pays. unrecognised: a script of which this node cannot tell what it is',
  )
  .meta({ id: 'outputMeaning' });

/** One transaction of a channel, with what each part of it is. */
export const channelTransaction = z
  .strictObject({
    txid: txId,
    kind: z
      .enum(TX_KINDS)
      .describe(
        'funding: opens the channel. close: both traders ended it together. commitment: a trader published its newest state. revokedCommitment: a trader published an old state, which is a breach. arbitrated: the utility and one trader ended it. unknownSpend: what spent the funding output is none of these to this node. anchorChild: pays for a commitment to confirm. claim: takes outputs of a commitment. justice: takes what a cheat had in its old state',
      ),
    status: z
      .enum(['confirmed', 'mempool', 'sent'])
      .describe("sent: by this node; neither a block nor the Bitcoin node's mempool has it"),
    broadcaster: role
      .nullable()
      .describe('whose commitment it is, or who takes with it; null where all sign or it cannot be told'),
    n: u64.nullable().describe('number of the state, of a commitment'),
    height: height.nullable().describe('of the block that holds it; null while none does'),
    hex: z.string().describe('the whole transaction, as it is in the chain'),
    weight: count.describe('weight units'),
    vsize: count.describe('virtual bytes'),
    feeSat: satoshi.nullable().describe('null where neither this node nor the Bitcoin node can tell'),
    inputs: z.array(
      z.strictObject({ txid: txId, vout: count, what: meaning }).describe('the output that it spends'),
    ),
    outputs: z.array(
      z.strictObject({
        vout: count,
        valueSat: satoshi,
        script,
        address: address.nullable(),
        descriptor: z
          .string()
          .describe('with checksum (BIP380): what the script is made of, else addr() or raw() of it'),
        owner: role
          .nullable()
          .describe('who took it, or else whom it pays; null while that is open or cannot be told'),
        what: meaning,
        spentBy: txId.nullable(),
      }),
    ),
  })
  .meta({ id: 'channelTransaction' });
