import type { Sat } from '../../base/amount.ts';
import { channelNumber, chosenChannel } from '../channels.ts';
import { sats } from '../output/units.ts';
import { parseSat } from '../parse/amount.ts';
import { parsed } from '../parse/argument.ts';
import { confirm } from '../prompt.ts';
import type { Verb } from '../session.ts';
import { CHANNEL_ARGUMENT } from './options.ts';

interface Options {
  readonly fee: Sat;
  readonly yes: boolean;
}

/** `dispute`: asks the utility to decide how a channel ends. */
export const disputeVerb: Verb = (program, cli) => {
  const command = program
    .command('dispute')
    .description('ask the utility to decide how a channel ends')
    .argument('[channel]', CHANNEL_ARGUMENT)
    .requiredOption('--fee <amount>', 'of the transaction that ends it, satoshi', parsed('--fee', parseSat))
    .option('--yes', 'without a question', false);
  cli.action(
    command,
    async ({ io, output, daemon }, reference: string | undefined, { fee, yes }: Options) => {
      const node = await daemon();
      const { channel } = await chosenChannel(node, reference);
      await confirm(
        io,
        [
          `ask the utility to end channel ${channelNumber(channel)} with a transaction at a fee of ${sats(fee)}`,
          'there is no trade in it from then on; the other trader may show a newer state first',
        ],
        'Ask for a decision?',
        yes,
      );
      const answer = await node.call('requestArbitration', { channel, feeSat: String(fee) });
      const { dispute } = (await node.call('getChannel', { channel })).channel;
      output.result({ channel, ...answer, dispute }, () => [
        `the utility was asked to decide channel ${channelNumber(channel)}${dispute === null ? '' : `, after block ${dispute.until}`}`,
        "'wattlane evidence export FILE' writes down what this node can show",
      ]);
    },
  );
};
