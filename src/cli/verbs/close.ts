import { channelNumber, chosenChannel } from '../channels.ts';
import { msats } from '../output/units.ts';
import { parsed } from '../parse/argument.ts';
import { parseFeeRate } from '../parse/quantity.ts';
import { confirm } from '../prompt.ts';
import type { Verb } from '../session.ts';
import { CHANNEL_ARGUMENT } from './options.ts';

interface Options {
  readonly feeRate?: bigint;
  readonly to?: string;
  readonly yes: boolean;
}

/** `close`: ends a channel together with the other trader. */
export const closeVerb: Verb = (program, cli) => {
  const command = program
    .command('close')
    .description('end a channel together with the other trader; again with a higher fee to replace the close')
    .argument('[channel]', CHANNEL_ARGUMENT)
    .option('--fee-rate <rate>', 'sat/vB; default 1', parsed('--fee-rate', parseFeeRate))
    .option('--to <address>', 'where this node is paid; default where the opening said')
    .option('--yes', 'without a question', false);
  cli.action(command, async ({ io, output, daemon }, reference: string | undefined, options: Options) => {
    const node = await daemon();
    const { channel, balances } = await chosenChannel(node, reference);
    const pays =
      balances === null
        ? []
        : [
            `consumer ${msats(balances.consumerMsat)}, producer ${msats(balances.producerMsat)}, utility ${msats(balances.utilityMsat)}`,
          ];
    await confirm(
      io,
      [`close channel ${channelNumber(channel)}, which pays out, less the fee:`, ...pays],
      'Close?',
      options.yes,
    );
    const answer = await node.call('closeChannel', {
      channel,
      ...(options.feeRate === undefined ? {} : { feeRateSatPerKvB: String(options.feeRate) }),
      ...(options.to === undefined ? {} : { payoutAddress: options.to }),
    });
    output.result({ channel, ...answer }, ({ state }) => [
      `channel ${channelNumber(channel)} is closing (${state}): what is in flight ends first, then one transaction pays all three`,
    ]);
  });
};
