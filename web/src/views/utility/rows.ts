import type { NodeModel } from '../../nodes/node.ts';

/** What was earned in a channel. */
export interface Earned {
  /** Units that were paid. */
  readonly units: number;
  readonly gridFeeMsat: bigint;
  /** Payments and bonds of units that were not delivered. */
  readonly forfeitedMsat: bigint;
}

/** What was earned in each of the newest channels of a node, by the node's key of it. */
export async function earnedOf(node: NodeModel): Promise<ReadonlyMap<string, Earned>> {
  const entries = node.channels.peek().map(async ({ channel }) => {
    const { settled, forfeited } = await node.call('getTotals', { channel });
    const earned = {
      units: settled.units,
      gridFeeMsat: BigInt(settled.gridFeeMsat),
      forfeitedMsat: BigInt(forfeited.paymentMsat) + BigInt(forfeited.bondMsat),
    };
    return [channel, earned] as const;
  });
  return new Map(await Promise.all(entries));
}
