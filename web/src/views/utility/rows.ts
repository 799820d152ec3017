import type { ChannelSummary, NodeModel } from '../../nodes/node.ts';

/** What the utility sees of a channel in its table. */
export interface Row {
  readonly channel: ChannelSummary;
  /** Units that were paid. */
  readonly units: number;
  readonly gridFeeMsat: bigint;
  /** Payments and bonds of units that were not delivered. */
  readonly forfeitedMsat: bigint;
}

/** The newest channels of a node, each with what was earned in it. */
export async function rowsOf(node: NodeModel): Promise<readonly Row[]> {
  return Promise.all(node.channels.peek().map((channel) => rowOf(node, channel)));
}

async function rowOf(node: NodeModel, channel: ChannelSummary): Promise<Row> {
  const { settled, forfeited } = await node.call('getTotals', { channel: channel.channel });
  return {
    channel,
    units: settled.units,
    gridFeeMsat: BigInt(settled.gridFeeMsat),
    forfeitedMsat: BigInt(forfeited.paymentMsat) + BigInt(forfeited.bondMsat),
  };
}
