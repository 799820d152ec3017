import { allChannels, type ChannelSummary, channelNumber, isLive } from '../channels.ts';
import type { Output } from '../output/output.ts';
import { satOfMsat, shortId } from '../output/units.ts';
import type { Verb } from '../session.ts';

/** `channels`: all of them, a line each. */
export const channelsVerb: Verb = (program, cli) => {
  const command = program
    .command('channels')
    .description('channels of this node, amounts in satoshi')
    .option('--all', 'also those that are over', false);
  cli.action(command, async ({ output, daemon }, { all }: { readonly all: boolean }) => {
    const every = await allChannels(await daemon());
    const channels = all ? every : every.filter(isLive);
    output.result({ channels }, () => linesOf(channels, every.length - channels.length, output));
  });
};

function linesOf(channels: readonly ChannelSummary[], hidden: number, output: Output): readonly string[] {
  const more = hidden === 0 ? [] : [output.paint(`${hidden} more that are over: --all shows them`, 'dim')];
  if (channels.length === 0)
    return hidden === 0
      ? ["no channels: a consumer opens one with 'wattlane open'"]
      : ['no live channels', ...more];
  const columns = [
    { title: '#', align: 'right' },
    { title: 'ID', least: 8 },
    { title: 'ROLE' },
    { title: 'STATE', least: 8 },
    { title: 'CONSUMER', align: 'right' },
    { title: 'PRODUCER', align: 'right' },
    { title: 'UTILITY', align: 'right', optional: true },
    { title: 'IN FLIGHT', align: 'right', optional: true },
    { title: 'SETTLE BY', align: 'right', optional: true },
  ] as const;
  return [...output.table(columns, channels.map(rowOf)), ...more];
}

function rowOf({
  channel,
  channelId,
  role,
  state,
  balances,
  settlementHeight,
  halted,
}: ChannelSummary): readonly string[] {
  return [
    channelNumber(channel),
    channelId === null ? '' : shortId(channelId),
    role,
    halted ? `${state}, halted` : state,
    ...(balances === null
      ? ['', '', '', '']
      : [balances.consumerMsat, balances.producerMsat, balances.utilityMsat, balances.inFlightMsat].map(
          satOfMsat,
        )),
    settlementHeight === null ? '' : String(settlementHeight),
  ];
}
