import type { Msat } from '../../base/amount.ts';
import { channelNumber, chosenChannel } from '../channels.ts';
import { usageError } from '../exit.ts';
import { msats } from '../output/units.ts';
import { parseMsat } from '../parse/amount.ts';
import { parsed } from '../parse/argument.ts';
import { confirm } from '../prompt.ts';
import type { Verb } from '../session.ts';
import { CHANNEL_ARGUMENT, newRequestId } from './options.ts';

interface Options {
  readonly requestId?: string;
  readonly yes: boolean;
}

/** `transfer`: pays the other trader in the channel, without a delivery. */
export const transferVerb: Verb = (program, cli) => {
  const command = program
    .command('transfer')
    .description('pay the other trader in the channel, without a delivery')
    .argument('<amount>', 'satoshi, or 1500msat', parsed('amount', parseMsat))
    .argument('[channel]', CHANNEL_ARGUMENT)
    .option('--request-id <id>', 'a name of your own: the same one again pays nothing twice')
    .option('--yes', 'without a question', false);
  cli.action(
    command,
    async ({ io, output, daemon }, amount: Msat, reference: string | undefined, options: Options) => {
      if (amount === 0n) throw usageError('amount 0 is nothing');
      const node = await daemon();
      const { channel, role, peers } = await chosenChannel(node, reference);
      const other = role === 'consumer' ? peers.producer : peers.consumer;
      await confirm(
        io,
        [`pay ${msats(amount)} in channel ${channelNumber(channel)} to ${other ?? 'the other trader'}`],
        'Pay?',
        options.yes,
      );
      await node.call('transfer', {
        channel,
        amountMsat: String(amount),
        requestId: options.requestId ?? newRequestId(),
      });
      output.result({ channel, amountMsat: String(amount) }, () => [
        `${msats(amount)} in channel ${channelNumber(channel)}, with the next round`,
      ]);
    },
  );
};
