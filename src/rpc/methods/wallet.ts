import { z } from 'zod';
import { method } from '../method.ts';
import { evidenceReport } from '../shapes/evidence.ts';
import {
  address,
  count,
  feeRate,
  hexUpTo,
  label,
  limit,
  millisatoshi,
  requestId,
  satoshi,
  script,
  txId,
} from '../shapes/fields.ts';
import {
  coin,
  descriptor,
  payment,
  paymentPreview,
  sentTransaction,
  walletBalance,
  walletTransaction,
} from '../shapes/wallet.ts';

const NO_PARAMS = z.strictObject({});
const DONE = z.strictObject({});
const paging = {
  after: count.optional().describe('rows to pass over: `next` of the answer before'),
  limit: limit.optional(),
};
const PAY_ERRORS = [
  'badAddress',
  'notEnoughCoins',
  'cannotPay',
  'broadcastRejected',
  'broadcastUnknown',
  'requestIdReused',
  'requestInDoubt',
  'chainUnavailable',
] as const;
const MAX_BYTES = 400_000;
const purpose = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9 _-]+$/)
  .describe('what the coins are set aside for');
const psbt = hexUpTo(MAX_BYTES, 'PSBT (BIP174), bytes');

const decoded = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('address'), address, script, isOurs: z.boolean() }),
  z.strictObject({
    type: z.literal('publicKey'),
    publicKey: z.string(),
    is: z.enum(['ownNode', 'ownMeter', 'peer', 'other']),
  }),
  z.strictObject({
    type: z.literal('transaction'),
    txid: txId,
    vbytes: count,
    version: z.int(),
    lockTime: count,
    inputs: z.array(z.strictObject({ txid: txId, vout: count, sequence: count })),
    outputs: z.array(
      z.strictObject({ valueSat: satoshi, script, address: address.nullable(), isOurs: z.boolean() }),
    ),
  }),
  z.strictObject({
    type: z.literal('psbt'),
    txid: txId,
    inputs: count,
    outputs: z.array(
      z.strictObject({ valueSat: satoshi, script, address: address.nullable(), isOurs: z.boolean() }),
    ),
  }),
  z.strictObject({ type: z.literal('evidence'), report: evidenceReport }),
]);

/** Coins on the chain. */
export const WALLET_METHODS = {
  getBalance: method({
    summary: 'What the wallet has on the chain, and what is in channels.',
    right: 'read',
    params: NO_PARAMS,
    result: z.strictObject({
      wallet: walletBalance,
      channels: z.strictObject({
        ownMsat: millisatoshi.describe(
          "this node's part of the newest states that it knows, from the block of the funding on; once a channel's end is in a block, what is still to be fetched of it. In no case what is a coin of the wallet",
        ),
        inFlightMsat: millisatoshi.describe(
          'payments and bonds in flight, of whoever they will be; the same as ownMsat at the end of a channel',
        ),
      }),
    }),
  }),
  listCoins: method({
    summary: 'Unspent coins, by height, unconfirmed last.',
    right: 'read',
    params: z.strictObject(paging),
    result: z.strictObject({ coins: z.array(coin), next: count.nullable() }),
  }),
  listTransactions: method({
    summary: "Every transaction that moves the wallet's coins, oldest first, unconfirmed last.",
    right: 'read',
    params: z.strictObject({
      ...paging,
      newestFirst: z.boolean().optional().describe('the other way round: unconfirmed first'),
    }),
    result: z.strictObject({ transactions: z.array(walletTransaction), next: count.nullable() }),
  }),
  estimateFee: method({
    summary: 'The fee rate with which a transaction confirms within so many blocks.',
    right: 'read',
    params: z.strictObject({ blocks: z.int().min(1).max(1008).optional().describe('default 6') }),
    result: z.strictObject({ feeRateSatPerKvB: feeRate }),
    errors: ['chainUnavailable'],
  }),
  previewPayment: method({
    summary: 'What sendCoins would pay now. Nothing is sent, recorded or set aside.',
    right: 'read',
    params: z.strictObject(payment),
    result: paymentPreview,
    errors: ['badAddress', 'notEnoughCoins', 'cannotPay', 'chainUnavailable'],
  }),
  exportDescriptors: method({
    summary:
      'Public descriptors: another wallet can watch the same coins with them. Whoever has them sees every payment, past and to come.',
    right: 'admin',
    params: NO_PARAMS,
    result: z.strictObject({ descriptors: z.array(descriptor) }),
  }),
  exportLabels: method({
    summary: 'All labels (BIP329, one JSON object per line).',
    right: 'read',
    params: NO_PARAMS,
    result: z.strictObject({ labels: z.string() }),
  }),
  decode: method({
    summary:
      'What a text is: an address, a public key, a transaction, a PSBT or an evidence file (bytes in hexadecimal).',
    right: 'read',
    params: z.strictObject({
      data: z
        .string()
        .min(1)
        .max(2 * MAX_BYTES),
    }),
    result: z.strictObject({ decoded }),
    errors: ['badData'],
  }),
  newAddress: method({
    summary: 'An address that was never given out.',
    right: 'trade',
    params: z.strictObject({
      scheme: z.enum(['bip84', 'bip86']).optional().describe('default bip86 (taproot)'),
      label: label.optional(),
    }),
    result: z.strictObject({ address }),
  }),
  setLabel: method({
    summary: 'Labels an address, a transaction or a coin; the empty text removes the label.',
    right: 'trade',
    params: z.strictObject({
      target: z.union([
        z.strictObject({ address }),
        z.strictObject({ txid: txId }),
        z.strictObject({ txid: txId, vout: z.int().min(0).max(0xffffffff) }),
      ]),
      label,
    }),
    result: DONE,
  }),
  importLabels: method({
    summary: 'Takes over labels (BIP329); all of them or none.',
    right: 'trade',
    params: z.strictObject({ labels: z.string().max(1_000_000) }),
    result: DONE,
    errors: ['badData'],
  }),
  sendCoins: method({
    summary: 'Pays to an address and broadcasts the transaction.',
    right: 'admin',
    params: z.strictObject({ ...payment, label: label.optional(), requestId: requestId.optional() }),
    result: sentTransaction,
    errors: PAY_ERRORS,
  }),
  bumpFee: method({
    summary: 'Replaces a pending payment of this wallet by one with a higher fee.',
    right: 'admin',
    params: z.strictObject({ txid: txId, feeRateSatPerKvB: feeRate, requestId: requestId.optional() }),
    result: sentTransaction,
    errors: [...PAY_ERRORS, 'unknownTransaction'],
  }),
  preparePsbt: method({
    summary: 'A payment as an unsigned PSBT; its coins are set aside.',
    right: 'admin',
    params: z.strictObject({ ...payment, purpose, requestId: requestId.optional() }),
    result: z.strictObject({ psbt, feeSat: satoshi }),
    errors: PAY_ERRORS,
  }),
  signPsbt: method({
    summary: "Signs this wallet's inputs of a PSBT. Nothing is broadcast.",
    right: 'admin',
    params: z.strictObject({ psbt }),
    result: z.strictObject({ psbt, signedInputs: count, complete: z.boolean() }),
    errors: ['badData'],
  }),
  broadcastTransaction: method({
    summary: 'Records a complete transaction as pending and broadcasts it.',
    right: 'admin',
    params: z.strictObject({ transaction: hexUpTo(MAX_BYTES, 'transaction, bytes') }),
    result: z.strictObject({ txid: txId }),
    errors: ['badData', 'broadcastRejected', 'broadcastUnknown'],
  }),
  releaseCoins: method({
    summary: 'Frees the coins that preparePsbt set aside for a purpose.',
    right: 'admin',
    params: z.strictObject({ purpose }),
    result: DONE,
    errors: ['badData'],
  }),
} as const;
