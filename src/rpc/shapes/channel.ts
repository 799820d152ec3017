import { z } from 'zod';
import { CHANNEL_STATES, UNIT_STATUSES } from '../states.ts';
import {
  blocks,
  channelId,
  channelKey,
  count,
  hash32,
  height,
  millisatoshi,
  nodeId,
  role,
  satoshi,
  script,
  seconds,
  text,
  trader,
  txId,
  u64,
  values,
  word,
} from './fields.ts';

/** A code of the protocol and the values that belong to it. */
export const cause = z.strictObject({ code: word, values }).meta({ id: 'cause' });

/** Balances of the newest state, without what is in flight. */
export const balances = z
  .strictObject({
    n: u64.describe('number of the state'),
    consumerMsat: millisatoshi,
    producerMsat: millisatoshi,
    utilityMsat: millisatoshi,
    inFlightMsat: millisatoshi.describe('payments and bonds of the deliveries in flight'),
  })
  .meta({ id: 'balances' });

export const channelState = z.enum(CHANNEL_STATES);

export const peers = z
  .strictObject({
    consumer: nodeId.nullable(),
    producer: nodeId.nullable(),
    utility: nodeId.nullable(),
  })
  .meta({ id: 'peers' });

const summary = {
  channel: channelKey,
  channelId: channelId.nullable().describe('once the three have agreed on the funding transaction'),
  role,
  state: channelState,
  peers,
  capacityMsat: millisatoshi.nullable(),
  balances: balances.nullable().describe('of the newest state that this node knows'),
  settlementHeight: height.nullable(),
  why: cause.nullable().describe('why it settles, was closed or was aborted'),
  halted: z.boolean(),
};

export const channelSummary = z.strictObject(summary).meta({ id: 'channelSummary' });

export const params = z
  .strictObject({
    arbitration: z.enum(['immediate', 'afterHeight']),
    settlementHeight: height,
    consumerToSelfDelay: blocks,
    producerToSelfDelay: blocks,
    dustLimitSat: satoshi,
    consumerReserveMsat: millisatoshi,
    producerReserveMsat: millisatoshi,
    maxInFlight: count,
    bondPolicy: z.enum(['stake', 'proportional']),
    bondPpm: count.nullable().describe('millionths of the payment, when proportional'),
    gridFeePpm: count,
    deliveryWindow: blocks,
    resolutionMargin: blocks,
    utilityMaxExposureMsat: millisatoshi,
    minimumDepth: blocks,
    contestWindow: blocks,
  })
  .meta({ id: 'params' });

/** What an opener may ask for; what is left out has a default. */
export const wantedParams = z
  .strictObject({
    arbitration: z.enum(['immediate', 'afterHeight']).optional(),
    consumerToSelfDelay: blocks.optional(),
    producerToSelfDelay: blocks.optional(),
    dustLimitSat: satoshi.optional(),
    consumerReserveMsat: millisatoshi.optional(),
    producerReserveMsat: millisatoshi.optional(),
    maxInFlight: z.int().min(1).max(100).optional(),
    bondPpm: z
      .int()
      .min(0)
      .max(1_000_000_000)
      .optional()
      .describe(
        'a proportional bond, millionths of the payment; without it the whole stake, and one unit in flight',
      ),
    gridFeePpm: z.int().min(0).max(1_000_000).optional(),
    deliveryWindow: blocks.optional(),
    resolutionMargin: blocks.optional(),
    utilityMaxExposureMsat: millisatoshi.optional(),
    minimumDepth: z.int().min(1).max(144).optional(),
    contestWindow: blocks.optional(),
  })
  .meta({ id: 'wantedParams' });

export const delivery = z
  .strictObject({
    deliveryId: u64,
    unit: u64,
    seller: trader,
    energyWh: u64,
    paymentMsat: millisatoshi,
    bondMsat: millisatoshi,
    lock: hash32,
    deadline: height,
    expiry: height,
  })
  .meta({ id: 'delivery' });

export const offer = z
  .strictObject({
    offerId: u64,
    seller: trader,
    units: count,
    unitEnergyWh: count,
    minMsatPerWh: u64,
    until: seconds,
  })
  .meta({ id: 'offer' });

/** An offer as the channel holds it. */
export const channelOffer = z
  .strictObject({ ...offer.shape, orderedUnits: count.describe('units that were ordered against it') })
  .meta({ id: 'channelOffer' });

export const tariff = z
  .strictObject({
    slot: count,
    from: seconds,
    until: seconds,
    msatPerWh: u64,
    unitEnergyWh: count,
    firstUnit: u64,
    units: count,
  })
  .meta({ id: 'tariff' });

/** A dispute that the utility decides. */
export const dispute = z
  .strictObject({
    claimant: trader.nullable(),
    n: u64.nullable().describe('number of the state that the claimant showed'),
    feeSat: satoshi.nullable(),
    openedAt: height,
    until: height.describe('the utility decides after it, or a trader waits no longer'),
    verdict: z
      .strictObject({
        n: u64,
        txid: txId,
        height,
        outcomes: z.array(z.strictObject({ deliveryId: u64, unit: u64, outcome: word })),
      })
      .nullable(),
  })
  .meta({ id: 'dispute' });

export const outpoint = z.strictObject({ txid: txId, vout: count }).meta({ id: 'outpoint' });

/** What the chain shows of the channel. */
export const onChain = z
  .strictObject({
    followedTo: height,
    confirmedAt: height.nullable(),
    spentBy: z.strictObject({ txid: txId, height }).nullable(),
    resolvedAt: height.nullable(),
  })
  .meta({ id: 'onChain' });

export const channelDetail = z
  .strictObject({
    ...summary,
    funding: outpoint.nullable(),
    fundingSat: satoshi.nullable().describe('of the funding output: the capacity and the commitment reserve'),
    fundingScript: script.nullable().describe('of the funding output'),
    fundingDescriptor: z
      .string()
      .nullable()
      .describe('of the funding output, with the three keys and the checksum (BIP380)'),
    commitments: z
      .strictObject({ local: u64, remote: u64 })
      .nullable()
      .describe(
        'numbers of the newest commitment that this node and the other trader can publish; null at the utility and before there are any',
      ),
    contributions: z
      .strictObject({ consumerMsat: millisatoshi, producerMsat: millisatoshi, utilityMsat: millisatoshi })
      .nullable(),
    params: params.nullable(),
    payoutScript: script.nullable(),
    link: z.enum(['down', 'reestablishing', 'up', 'stale']).nullable().describe('with the other trader'),
    wantedUnits: count.nullable().describe('units that this node still wants to buy'),
    deliveries: z.array(delivery).describe('in flight'),
    offers: z.array(channelOffer).describe('the newest of each seller'),
    depth: blocks.nullable().describe('confirmations of the funding, while it is awaited'),
    dispute: dispute.nullable(),
    breach: z.strictObject({ n: u64, broadcaster: trader.nullable() }).nullable(),
    onChain: onChain.nullable(),
    unsure: z
      .boolean()
      .describe(
        'the store was copied back: nothing is published before another party showed that it is the newest',
      ),
  })
  .meta({ id: 'channelDetail' });

/** One unit of energy of a channel, from its order to its end. */
export const unit = z
  .strictObject({
    channel: channelKey,
    ...delivery.shape,
    status: z.enum(UNIT_STATUSES),
    gridFeeMsat: millisatoshi.nullable().describe('of the payment, when it was settled'),
    orderedAt: seconds.nullable().describe('when it became final; null where its event is no longer kept'),
    endedAt: seconds.nullable().describe('when it was settled, forfeited or cancelled'),
  })
  .meta({ id: 'unit' });

export const peer = z
  .strictObject({
    nodeId,
    connected: z.boolean(),
    addresses: z.array(text).describe('where it is called'),
    direction: z.enum(['outgoing', 'incoming']).nullable().describe('who called whom'),
    since: seconds.nullable().describe('since when it is connected'),
    channels: z.array(channelKey),
  })
  .meta({ id: 'peer' });
