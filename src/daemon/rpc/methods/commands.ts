import type { ChannelHandle, CommandResult } from '../../../node/handle.ts';
import type { Node } from '../../../node/node.ts';
import { failure } from '../failure.ts';
import { causeOf } from '../map/values.ts';

/** The channel of this key or id. */
export function channelOf(node: Pick<Node, 'channels'>, reference: string): ChannelHandle {
  const found = node.channels().find(({ key, channelId }) => key === reference || channelId === reference);
  if (found === undefined) throw failure('unknownChannel', { channel: reference });
  return found;
}

/** The channel, of a party that trades in it. */
export function tradingChannel(node: Pick<Node, 'channels'>, reference: string): ChannelHandle {
  const channel = channelOf(node, reference);
  if (channel.role === 'utility') throw wrongRole(channel);
  return channel;
}

export function wrongRole({ key, role }: ChannelHandle) {
  return failure('wrongRole', { channel: key, role });
}

/** A command that was refused is an error to whoever gave it. */
export function done(channel: ChannelHandle, outcome: CommandResult): void {
  if (outcome.ok) return;
  const { key, state } = channel;
  const { error } = outcome;
  if (error.code === 'halted') throw failure('halted', { channel: key });
  if (error.code === 'unexpectedCommand')
    throw failure('wrongState', { channel: key, state: state.type, command: error.command });
  throw failure('refused', { channel: key, ...causeOf(error) });
}
