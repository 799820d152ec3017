import { channelNumber, chosenChannel } from '../channels.ts';
import { confirm } from '../prompt.ts';
import type { Verb } from '../session.ts';

/** `force-close`: goes to the chain alone. */
export const forceCloseVerb: Verb = (program, cli) => {
  const command = program
    .command('force-close')
    .description('end a channel alone, by publishing its newest state; own coins come after a delay')
    .argument('<channel>', 'number, id or first digits')
    .option('--yes', 'without a question', false);
  cli.action(
    command,
    async ({ io, output, daemon }, reference: string, { yes }: { readonly yes: boolean }) => {
      const node = await daemon();
      const { channel } = await chosenChannel(node, reference);
      const detail = (await node.call('getChannel', { channel })).channel;
      const delay =
        detail.role === 'producer' ? detail.params?.producerToSelfDelay : detail.params?.consumerToSelfDelay;
      await confirm(
        io,
        [
          `publish the newest state of channel ${channelNumber(channel)}${detail.balances === null ? '' : ` (number ${detail.balances.n})`}`,
          `this cannot be undone; own coins come ${delay ?? '?'} blocks after it confirms`,
          "'wattlane close' is cheaper and quicker while the other trader answers",
        ],
        'Force-close?',
        yes,
      );
      const answer = await node.call('forceClose', { channel });
      output.result({ channel, ...answer }, ({ state }) => [
        `channel ${channelNumber(channel)} goes to the chain (${state}); 'wattlane channel ${channelNumber(channel)}' shows how far it is`,
      ]);
    },
  );
};
