import type { ChannelDetail } from '../../nodes/node.ts';

/** What a party can ask of its channel in this view. */
export type Command = 'close' | 'forceClose' | 'arbitration' | 'transfer' | 'evidence';

export const COMMANDS: readonly Command[] = ['close', 'forceClose', 'arbitration', 'transfer', 'evidence'];

export type CommandedChannel = Pick<
  ChannelDetail,
  'role' | 'state' | 'link' | 'onChain' | 'funding' | 'halted'
>;

/** Why something cannot be asked for now, in a sentence; null: it can. */
export function whyNot(command: Command, channel: CommandedChannel): string | null {
  const { role, state, funding } = channel;
  if (funding === null) return 'There is nothing on the chain yet.';
  if (command === 'evidence') return null;
  if (role === 'utility') return 'That is for the traders: they hold the commitments.';
  if (channel.halted) return 'This node found a bug in itself and does nothing here but watch the coins.';
  if (state === 'closed') return 'The channel is closed.';
  if ((channel.onChain?.spentBy ?? null) !== null) return 'The channel has ended: its output is spent.';
  return WHY_NOT[command](channel);
}

const WHY_NOT: Readonly<Record<Exclude<Command, 'evidence'>, (channel: CommandedChannel) => string | null>> =
  {
    close: ({ state }) => {
      if (state === 'awaitingFunding') return 'The channel is not open yet.';
      return state === 'settling' ? 'It is too late for that: the end is on its way to the chain.' : null;
    },
    forceClose: () => null,
    arbitration: ({ state }) => {
      if (state === 'awaitingFunding') return 'The channel is not open yet.';
      return state === 'negotiatingClose' ? 'Nothing is in flight, and the close is being signed.' : null;
    },
    transfer: ({ state, link }) => {
      if (state !== 'open') return 'Payments are for an open channel.';
      return link === 'up' ? null : 'The other trader is offline: a payment takes both.';
    },
  };
