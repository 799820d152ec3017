import type { ChannelSummary, NodeModel } from '../../nodes/node.ts';

/** What the utility sees of a channel in its table. */
export interface Row {
  readonly channel: ChannelSummary;
  /** Its balance above what it put in: grid fees and forfeits. Null before there is a state. */
  readonly earnedMsat: bigint | null;
}

/** The newest channels of a node, each with what was earned in it. */
export async function rowsOf(node: NodeModel): Promise<readonly Row[]> {
  return Promise.all(node.channels.peek().map((channel) => rowOf(node, channel)));
}

async function rowOf(node: NodeModel, channel: ChannelSummary): Promise<Row> {
  const { balances } = channel;
  const { contributions } = (await node.call('getChannel', { channel: channel.channel })).channel;
  const earnedMsat =
    balances === null || contributions === null
      ? null
      : BigInt(balances.utilityMsat) - BigInt(contributions.utilityMsat);
  return { channel, earnedMsat };
}
