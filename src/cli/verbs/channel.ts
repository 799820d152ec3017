import type { MethodResult } from '../../rpc/methods.ts';
import { channelNumber, chosenChannel } from '../channels.ts';
import { reason } from '../output/events.ts';
import type { Output } from '../output/output.ts';
import { facts } from '../output/table.ts';
import { energy, msats, price, relativeTime } from '../output/units.ts';
import type { Verb } from '../session.ts';
import { CHANNEL_ARGUMENT } from './options.ts';

type Detail = MethodResult<'getChannel'>['channel'];

/** `channel`: everything public of one. */
export const channelVerb: Verb = (program, cli) => {
  const command = program
    .command('channel')
    .description('everything public of one channel')
    .argument('[channel]', CHANNEL_ARGUMENT);
  cli.action(command, async ({ output, daemon }, reference: string | undefined) => {
    const node = await daemon();
    const { channel } = await chosenChannel(node, reference);
    const detail = await node.call('getChannel', { channel });
    output.result(detail, (answer) => linesOf(answer.channel, output));
  });
};

function linesOf(detail: Detail, output: Output): readonly string[] {
  const { balances, peers, dispute } = detail;
  return facts([
    ['channel', channelNumber(detail.channel)],
    ['id', detail.channelId ?? 'not funded yet'],
    ['this node', `the ${detail.role}`],
    ['state', detail.halted ? `${detail.state}, halted` : detail.state],
    ...optional('because', detail.why && reason(detail.why)),
    ...optional('consumer', balances && `${msats(balances.consumerMsat)}${nodeOf(peers.consumer)}`),
    ...optional('producer', balances && `${msats(balances.producerMsat)}${nodeOf(peers.producer)}`),
    ...optional('utility', balances && `${msats(balances.utilityMsat)}${nodeOf(peers.utility)}`),
    ...optional('in flight', balances && msats(balances.inFlightMsat)),
    ...optional('number', balances && `state ${balances.n}`),
    ...optional('funding', detail.funding && `${detail.funding.txid}:${detail.funding.vout}`),
    ...optional('depth', detail.depth === null ? null : String(detail.depth)),
    ...optional('settle by', detail.settlementHeight === null ? null : `block ${detail.settlementHeight}`),
    ...optional('other trader', detail.link),
    ...optional('to buy', detail.wantedUnits === null ? null : `${detail.wantedUnits} more units`),
    ...detail.deliveries.map((each): [string, string] => [
      `unit ${each.unit}`,
      `${energy(each.energyWh)} of the ${each.seller} for ${msats(each.paymentMsat)}, bond ${msats(each.bondMsat)}, by block ${each.deadline}`,
    ]),
    ...detail.offers.map((each): [string, string] => [
      'offer',
      `${each.units} units of ${energy(each.unitEnergyWh)} of the ${each.seller}, at least ${price(each.minMsatPerWh)}, ends ${relativeTime(each.until, output.now)}`,
    ]),
    ...optional(
      'dispute',
      dispute && `over state ${dispute.n ?? '?'}, the utility decides after block ${dispute.until}`,
    ),
    ...optional(
      'spent',
      detail.onChain?.spentBy && `by ${detail.onChain.spentBy.txid}, block ${detail.onChain.spentBy.height}`,
    ),
    ...optional('unsure', detail.unsure ? 'the store was copied back: nothing is published yet' : null),
  ]);
}

function optional(name: string, value: string | null | undefined): readonly [string, string][] {
  return value === null || value === undefined ? [] : [[name, value]];
}

function nodeOf(nodeId: string | null): string {
  return nodeId === null ? '' : `, ${nodeId}`;
}
