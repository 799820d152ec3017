import type { ChannelDetail, NodeModel } from '../../nodes/node.ts';
import { useAnswer } from '../../nodes/useAnswer.ts';
import { type ChainSpend, spendOf } from './countdown.ts';

/** The commitment that ended the channel, once it is in a block. */
export function useChainSpend(node: NodeModel, { channel, onChain }: ChannelDetail): ChainSpend | null {
  const isSpent = (onChain?.spentBy ?? null) !== null;
  const version = node.channelVersion.value;
  const { value } = useAnswer(node, 'listChannelTransactions', isSpent ? { channel } : null, version);
  return value === null ? null : spendOf(value.transactions);
}
