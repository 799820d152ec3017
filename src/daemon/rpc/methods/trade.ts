import { msat } from '../../../base/amount.ts';
import type { ChannelHandle } from '../../../node/handle.ts';
import type { Node } from '../../../node/node.ts';
import { failure } from '../failure.ts';
import type { Handlers } from '../host.ts';
import { marketOf } from '../map/channel.ts';
import { tariffOf } from '../map/values.ts';
import { channelOf, done, tradingChannel, wrongRole } from './commands.ts';

/** Offers, orders, prices and meters. */
export const TRADE_HANDLERS: Handlers<
  'offer' | 'buy' | 'publishTariff' | 'readMeter' | 'cancelDelivery' | 'transfer'
> = {
  offer: async ({ node }, { channel: reference, units, unitEnergyWh, minMsatPerWh = '0', until }) => {
    const channel = tradingChannel(node, reference);
    done(channel, await channel.offer({ units, unitEnergyWh, minMsatPerWh: BigInt(minMsatPerWh), until }));
    const own = channel.role === 'utility' ? null : marketOf(channel.state)?.offers[channel.role];
    return { offerId: `${own?.offerId ?? 0n}` };
  },

  buy: (host, { requestId, ...params }) =>
    host.once.run(requestId, 'buy', params, async () => {
      const channel = tradingChannel(host.node, params.channel);
      done(channel, await channel.buy(params.units));
      const { state } = channel;
      return { wantedUnits: 'wantedUnits' in state ? state.wantedUnits : 0 };
    }),

  publishTariff: (host, { requestId, ...params }) =>
    host.once.run(requestId, 'publishTariff', params, async () => {
      const { channel: reference, slot, from, until, msatPerWh, unitEnergyWh, units } = params;
      const channel = channelOf(host.node, reference);
      if (channel.role !== 'utility') throw wrongRole(channel);
      const tariff = { slot, from, until, msatPerWh: BigInt(msatPerWh), unitEnergyWh, units };
      done(channel, await channel.publishTariff(tariff));
      const { state } = channel;
      const published =
        state.type === 'attesting' ? state.tariffs.findLast((each) => each.slot === slot) : undefined;
      if (published === undefined)
        throw failure('wrongState', { channel: channel.key, state: state.type, command: 'publishTariff' });
      return { tariff: tariffOf(published) };
    }),

  readMeter: async ({ node }, { channel: reference, importWh, exportWh }) => {
    const named = reference === undefined ? undefined : tradingChannel(node, reference);
    const reading = await node.readMeter({ importWh: BigInt(importWh), exportWh: BigInt(exportWh) });
    const told: string[] = [];
    for (const channel of named === undefined ? liveTrades(node) : [named]) {
      const outcome = await channel.sendReading(reading);
      if (named !== undefined) done(channel, outcome);
      if (outcome.ok) told.push(channel.key);
    }
    const { sequence, time } = reading.body;
    return { sequence: `${sequence}`, time, importWh, exportWh, channels: told };
  },

  cancelDelivery: async ({ node }, { channel: reference, deliveryId }) => {
    const channel = tradingChannel(node, reference);
    done(channel, await channel.cancel(BigInt(deliveryId)));
    return {};
  },

  transfer: (host, { requestId, ...params }) =>
    host.once.run(requestId, 'transfer', params, async () => {
      const channel = tradingChannel(host.node, params.channel);
      done(channel, await channel.transfer(msat(BigInt(params.amountMsat))));
      return {};
    }),
};

/** The channels whose utility may want to know what the meter says. */
function liveTrades(node: Node): readonly ChannelHandle[] {
  return node
    .channels()
    .filter(({ role, state }) => role !== 'utility' && 'identity' in state && state.type !== 'closed');
}
