import { z } from 'zod';
import { method } from '../method.ts';
import {
  channelDetail,
  channelState,
  channelSummary,
  dispute,
  tariff,
  unit,
  wantedParams,
} from '../shapes/channel.ts';
import { closePreview } from '../shapes/close.ts';
import { evidenceReport } from '../shapes/evidence.ts';
import {
  address,
  channelKey,
  channelReference,
  count,
  feeRate,
  height,
  hexUpTo,
  limit,
  millisatoshi,
  nodeId,
  requestId,
  satoshi,
  seconds,
  txId,
  u64,
} from '../shapes/fields.ts';
import { totals } from '../shapes/totals.ts';
import { channelTransaction } from '../shapes/transactions.ts';
import { meterRow, watchedRow } from '../shapes/utility.ts';
import { registers } from '../shapes/wallet.ts';
import { UNIT_STATUSES } from '../states.ts';

const DONE = z.strictObject({});
const channel = { channel: channelReference };
const COMMAND_ERRORS = ['unknownChannel', 'wrongState', 'wrongRole', 'refused', 'halted'] as const;
const ONCE = ['requestIdReused', 'requestInDoubt'] as const;
const u32 = z.int().min(0).max(0xffffffff);
const MAX_EVIDENCE_BYTES = 4 * 1024 * 1024;

/** Channels: what they are. */
export const CHANNEL_READS = {
  listChannels: method({
    summary: 'Channels of this node, oldest first.',
    right: 'read',
    params: z.strictObject({
      states: z.array(channelState).min(1).max(16).optional(),
      after: channelKey.optional(),
      limit: limit.optional(),
      newestFirst: z.boolean().optional().describe('the other way round'),
    }),
    result: z.strictObject({ channels: z.array(channelSummary), next: channelKey.nullable() }),
  }),
  getChannel: method({
    summary: 'Everything public of one channel.',
    right: 'read',
    params: z.strictObject(channel),
    result: z.strictObject({ channel: channelDetail }),
    errors: ['unknownChannel'],
  }),
  listChannelTransactions: method({
    summary:
      'Every transaction of a channel, in blocks, in the mempool or sent, a transaction after those that it spends, with what each of its outputs is.',
    right: 'read',
    params: z.strictObject(channel),
    result: z.strictObject({
      transactions: z.array(channelTransaction),
      missing: z
        .array(z.strictObject({ txid: txId, height }))
        .describe('of the channel, but in a block that the Bitcoin node no longer has'),
    }),
    errors: ['unknownChannel', 'chainUnavailable'],
  }),
  previewClose: method({
    summary: 'What each party would get if the channel ended now, by a close and by a commitment.',
    right: 'read',
    params: z.strictObject({ ...channel, feeRateSatPerKvB: feeRate.optional().describe('default 1000') }),
    result: closePreview,
    errors: ['unknownChannel', 'refused'],
  }),
  listTariffs: method({
    summary: 'Tariffs of a channel that hold or may be in use, oldest first.',
    right: 'read',
    params: z.strictObject(channel),
    result: z.strictObject({ tariffs: z.array(tariff) }),
    errors: ['unknownChannel'],
  }),
  listUnits: method({
    summary:
      'Units of a channel, by unit number: those in flight and, at a trader, those that ended and whose events are kept.',
    right: 'read',
    params: z.strictObject({
      ...channel,
      statuses: z.array(z.enum(UNIT_STATUSES)).min(1).max(7).optional(),
      from: u64.optional().describe('the lowest unit number wanted'),
      limit: limit.optional(),
    }),
    result: z.strictObject({ units: z.array(unit), next: u64.nullable() }),
    errors: ['unknownChannel'],
  }),
  getTotals: method({
    summary:
      'What became of all units of a channel, from its beginning: also of those whose events are no longer kept.',
    right: 'read',
    params: z.strictObject(channel),
    result: totals,
    errors: ['unknownChannel'],
  }),
  getMeterBook: method({
    summary: 'At a utility: each meter in each channel, its newest reading, and what became of its units.',
    right: 'read',
    params: z.strictObject({}),
    result: z.strictObject({ meters: z.array(meterRow) }),
  }),
  getWatchtower: method({
    summary: 'At a utility: what its watchtower keeps for each trader of its channels.',
    right: 'read',
    params: z.strictObject({}),
    result: z.strictObject({ channels: z.array(watchedRow) }),
  }),
  listDisputes: method({
    summary: 'Channels whose end the utility decides or has decided.',
    right: 'read',
    params: z.strictObject({}),
    result: z.strictObject({ disputes: z.array(z.strictObject({ channel: channelKey, dispute })) }),
  }),
  verifyEvidence: method({
    summary: 'Judges a dispute again from its evidence file.',
    right: 'read',
    params: z.strictObject({ evidence: hexUpTo(MAX_EVIDENCE_BYTES, 'evidence file, bytes') }),
    result: z.strictObject({ report: evidenceReport }),
    errors: ['badData'],
  }),
} as const;

/** Channels: trade. */
export const TRADE_METHODS = {
  offer: method({
    summary:
      'Sells up to so many units, at no less than a price, until a time. A later offer replaces an earlier one.',
    right: 'trade',
    params: z.strictObject({
      ...channel,
      units: z.int().min(1).max(0xffffffff),
      unitEnergyWh: z.int().min(1).max(0xffffffff),
      minMsatPerWh: u64.optional().describe('default 0, which is any price'),
      until: seconds,
    }),
    result: z.strictObject({ offerId: u64 }),
    errors: COMMAND_ERRORS,
  }),
  buy: method({
    summary:
      'Buys so many units from now on, as fast as offers, tariffs and limits allow, instead of what was still wanted; 0 stops buying.',
    right: 'trade',
    params: z.strictObject({ ...channel, units: u32, requestId: requestId.optional() }),
    result: z.strictObject({ wantedUnits: count.describe('units that are still to be ordered') }),
    errors: [...COMMAND_ERRORS, ...ONCE],
  }),
  publishTariff: method({
    summary: "The utility's price of a slot, with locks for so many units.",
    right: 'trade',
    params: z.strictObject({
      ...channel,
      slot: u32,
      from: seconds,
      until: seconds,
      msatPerWh: u64,
      unitEnergyWh: z.int().min(1).max(0xffffffff),
      units: z.int().min(1).max(1000),
      requestId: requestId.optional(),
    }),
    result: z.strictObject({ tariff }),
    errors: [...COMMAND_ERRORS, ...ONCE],
  }),
  readMeter: method({
    summary:
      "Reads this node's own meter: signs its registers as of now and sends the reading to the utility.",
    right: 'trade',
    params: z.strictObject({
      channel: channelReference.optional().describe('default: every channel in which this node trades'),
      ...registers,
    }),
    result: z.strictObject({
      sequence: u64,
      time: seconds,
      ...registers,
      channels: z.array(channelKey).describe('whose utilities it was sent to'),
    }),
    errors: COMMAND_ERRORS,
  }),
  cancelDelivery: method({
    summary:
      'Gives a delivery up, so that both get back what they put into it. The seller first lets the buyer do it, then the buyer does.',
    right: 'trade',
    params: z.strictObject({ ...channel, deliveryId: u64 }),
    result: DONE,
    errors: COMMAND_ERRORS,
  }),
  transfer: method({
    summary:
      'Pays the other trader, without a delivery. Done with the next round; `refused` is an event when it cannot be by then.',
    right: 'trade',
    params: z.strictObject({ ...channel, amountMsat: millisatoshi, requestId: requestId.optional() }),
    result: DONE,
    errors: [...COMMAND_ERRORS, ...ONCE],
  }),
} as const;

/** Channels: their beginning and their end. */
export const CHANNEL_METHODS = {
  openChannel: method({
    summary:
      'Proposes a channel as its consumer. The answer comes when it is proposed; `opened` is an event.',
    right: 'admin',
    params: z.strictObject({
      producer: nodeId,
      utility: nodeId,
      consumerSat: satoshi,
      producerSat: satoshi,
      utilitySat: satoshi,
      settlementHeight: height.describe('the channel is settled by this height'),
      params: wantedParams.optional(),
      feeRateSatPerKvB: feeRate.optional(),
      requestId: requestId.optional(),
    }),
    result: z.strictObject({ channel: channelSummary }),
    errors: ['openRefused', 'peerNotConnected', 'notEnoughCoins', 'chainUnavailable', ...ONCE],
  }),
  closeChannel: method({
    summary: 'Closes together with the other trader; again, with a higher fee rate, to replace the close.',
    right: 'admin',
    params: z.strictObject({
      ...channel,
      feeRateSatPerKvB: feeRate.optional().describe('default 1000'),
      payoutAddress: address.optional().describe('default: where the opening said'),
    }),
    result: z.strictObject({ state: channelState }),
    errors: [...COMMAND_ERRORS, 'badAddress'],
  }),
  forceClose: method({
    summary: "Broadcasts this node's newest commitment. The coins come after delays.",
    right: 'admin',
    params: z.strictObject(channel),
    result: z.strictObject({ state: channelState }),
    errors: COMMAND_ERRORS,
  }),
  requestArbitration: method({
    summary: 'Asks the utility to decide how the channel ends, with a transaction at this fee.',
    right: 'admin',
    params: z.strictObject({ ...channel, feeSat: satoshi }),
    result: z.strictObject({ state: channelState }),
    errors: COMMAND_ERRORS,
  }),
  exportEvidence: method({
    summary: 'Everything that this node can show of a dispute, as a file that verifyEvidence checks offline.',
    right: 'admin',
    params: z.strictObject(channel),
    result: z.strictObject({ evidence: z.string().describe('bytes') }),
    errors: ['unknownChannel', 'noEvidence', 'chainUnavailable'],
  }),
} as const;
