import { type Msat, msat, sat } from '../../../base/amount.ts';
import { fromHex, toHex } from '../../../base/bytes.ts';
import { describeError } from '../../../channel/step.ts';
import { NoEvidence } from '../../../node/evidence.ts';
import type { Node } from '../../../node/node.ts';
import { OpenRefused } from '../../../node/openings.ts';
import { defaultParams, type OpenRequest } from '../../../node/options.ts';
import type { MethodParams } from '../../../rpc/methods.ts';
import { scriptOfAddress } from '../../../wallet/address.ts';
import { failure, type RpcFailure } from '../failure.ts';
import type { Handlers } from '../host.ts';
import { summaryOf } from '../map/channel.ts';
import { causeOf } from '../map/values.ts';
import { channelOf, done, tradingChannel } from './commands.ts';

/** How a channel begins and ends. */
export const LIFECYCLE_HANDLERS: Handlers<
  'openChannel' | 'closeChannel' | 'forceClose' | 'requestArbitration' | 'exportEvidence'
> = {
  openChannel: (host, { requestId, ...params }) =>
    host.once.run(requestId, 'openChannel', params, async () => {
      const channel = await opened(host.node, openRequest(params));
      const { state } = channel;
      if (state.type === 'aborted') throw failure('openRefused', { reason: describeError(state.why) });
      return { channel: summaryOf(channel) };
    }),

  closeChannel: async ({ node }, { channel: reference, feeRateSatPerKvB, payoutAddress }) => {
    const channel = tradingChannel(node, reference);
    const options = {
      ...(feeRateSatPerKvB === undefined ? {} : { feeRate: BigInt(feeRateSatPerKvB) }),
      ...(payoutAddress === undefined ? {} : { payoutScript: scriptOf(node, payoutAddress) }),
    };
    done(channel, await channel.close(options));
    return { state: channel.state.type };
  },

  forceClose: async ({ node }, { channel: reference }) => {
    const channel = tradingChannel(node, reference);
    done(channel, await channel.forceClose());
    return { state: channel.state.type };
  },

  requestArbitration: async ({ node }, { channel: reference, feeSat }) => {
    const channel = tradingChannel(node, reference);
    done(channel, await channel.requestArbitration(BigInt(feeSat)));
    return { state: channel.state.type };
  },

  exportEvidence: async ({ node }, { channel: reference }) => {
    const channel = channelOf(node, reference);
    try {
      return { evidence: toHex(await channel.exportEvidence()) };
    } catch (error) {
      if (error instanceof NoEvidence) throw failure('noEvidence', { channel: channel.key });
      throw error;
    }
  },
};

async function opened(node: Node, request: OpenRequest) {
  try {
    return await node.open(request);
  } catch (error) {
    throw error instanceof OpenRefused ? refusalOf(error) : error;
  }
}

function refusalOf({ code, message }: OpenRefused): RpcFailure {
  if (code === 'peerUnreachable') return failure('peerNotConnected', { reason: message });
  if (code === 'coinsShort') return failure('notEnoughCoins', { code, values: { reason: message } });
  return failure('openRefused', { reason: message });
}

export function scriptOf(node: Node, address: string): Uint8Array {
  const script = scriptOfAddress(address, node.wallet.network);
  if (!script.ok) throw failure('badAddress', causeOf(script.error));
  return script.value;
}

function openRequest(params: Omit<MethodParams<'openChannel'>, 'requestId'>): OpenRequest {
  const { producer, utility, consumerSat, producerSat, utilitySat, settlementHeight, feeRateSatPerKvB } =
    params;
  return {
    producer: fromHex(producer),
    utility: fromHex(utility),
    contributions: {
      consumer: sat(BigInt(consumerSat)),
      producer: sat(BigInt(producerSat)),
      utility: sat(BigInt(utilitySat)),
    },
    settlementHeight,
    params: wanted(params.params ?? {}, settlementHeight),
    ...(feeRateSatPerKvB === undefined ? {} : { feeRate: BigInt(feeRateSatPerKvB) }),
  };
}

/** The parameters that were asked for, by the names of the protocol, with the defaults of the rest. */
function wanted(
  asked: NonNullable<MethodParams<'openChannel'>['params']>,
  settlementHeight: number,
): NonNullable<OpenRequest['params']> {
  const { chainHash: _chain, settlementHeight: _height, ...usual } = defaultParams('', settlementHeight);
  const { arbitration, bondPpm, dustLimitSat, utilityMaxExposureMsat } = asked;
  return {
    arbitration: arbitration === 'immediate' ? { type: 'immediate' } : usual.arbitration,
    toSelfDelay: {
      consumer: asked.consumerToSelfDelay ?? usual.toSelfDelay.consumer,
      producer: asked.producerToSelfDelay ?? usual.toSelfDelay.producer,
    },
    dustLimitSat: dustLimitSat === undefined ? usual.dustLimitSat : sat(BigInt(dustLimitSat)),
    reserveMsat: {
      consumer: amount(asked.consumerReserveMsat) ?? usual.reserveMsat.consumer,
      producer: amount(asked.producerReserveMsat) ?? usual.reserveMsat.producer,
    },
    maxInFlight: asked.maxInFlight ?? usual.maxInFlight,
    bondPolicy: bondPpm === undefined ? usual.bondPolicy : { type: 'proportional', bondPpm },
    gridFeePpm: asked.gridFeePpm ?? usual.gridFeePpm,
    deliveryWindow: asked.deliveryWindow ?? usual.deliveryWindow,
    resolutionMargin: asked.resolutionMargin ?? usual.resolutionMargin,
    utilityMaxExposureMsat: amount(utilityMaxExposureMsat) ?? usual.utilityMaxExposureMsat,
    minimumDepth: asked.minimumDepth ?? usual.minimumDepth,
    contestWindow: asked.contestWindow ?? usual.contestWindow,
  };
}

function amount(value: string | undefined): Msat | undefined {
  return value === undefined ? undefined : msat(BigInt(value));
}
