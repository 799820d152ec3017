import type { ChannelSummary } from '../../nodes/node.ts';
import { msatText } from '../../text/amounts.ts';
import { STATE_TEXTS } from '../../text/states.ts';

/** The number of a channel as people say it: a node's own key without the zeros in front. */
export function channelNumber(key: string): string {
  return key.replace(/^0+(?=\d)/, '');
}

/** A channel in one line: `Channel 2, open, 600 000 sat`. */
export function channelName({
  channel,
  state,
  capacityMsat,
}: Pick<ChannelSummary, 'channel' | 'state' | 'capacityMsat'>): string {
  const amount = capacityMsat === null ? '' : `, ${msatText(capacityMsat)} sat`;
  return `Channel ${channelNumber(channel)}, ${STATE_TEXTS[state].name}${amount}`;
}
