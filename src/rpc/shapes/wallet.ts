import { z } from 'zod';
import { address, feeRate, height, label, satoshi, script, txId, u64 } from './fields.ts';

export const walletBalance = z
  .strictObject({
    confirmedSat: satoshi.describe(
      'mature coins in blocks, those that a pending transaction spends included',
    ),
    immatureSat: satoshi,
    pendingInSat: satoshi.describe('unconfirmed coins, own change included'),
    pendingOutSat: satoshi.describe('the part of confirmedSat that pending transactions spend'),
    reservedSat: satoshi.describe('unspent coins that are set aside'),
    spendableSat: satoshi.describe('what a new payment could spend now'),
    watchedSat: satoshi.describe('coins at watched scripts, in none of the others'),
  })
  .meta({ id: 'walletBalance' });

export const coin = z
  .strictObject({
    txid: txId,
    vout: z.int().min(0),
    valueSat: satoshi,
    script,
    address: address.nullable(),
    status: z.enum(['confirmed', 'immature', 'change', 'incoming']),
    height: height.nullable(),
    confirmations: z.int().min(0),
    reservedFor: z.string().nullable().describe('what it is set aside for'),
    watchOnly: z.boolean(),
    label: label.nullable(),
  })
  .meta({ id: 'coin' });

export const walletTransaction = z
  .strictObject({
    txid: txId,
    status: z.enum(['confirmed', 'pending', 'conflicted']),
    height: height.nullable(),
    confirmations: z.int().min(0),
    receivedSat: satoshi,
    sentSat: satoshi,
    feeSat: satoshi.nullable().describe('known when all inputs are the wallet’s'),
    label: label.nullable(),
  })
  .meta({ id: 'walletTransaction' });

export const sentTransaction = z
  .strictObject({
    txid: txId,
    feeSat: satoshi,
    hex: z.string().describe('the whole transaction'),
  })
  .meta({ id: 'sentTransaction' });

export const descriptor = z
  .strictObject({
    scheme: z.enum(['bip84', 'bip86']),
    branch: z.enum(['receive', 'change']),
    descriptor: z.string().describe('public, with key origin and checksum (BIP380)'),
  })
  .meta({ id: 'descriptor' });

/** Amount of a payment. */
export const payment = {
  address,
  amountSat: z.union([satoshi, z.literal('all')]).describe("satoshi, or 'all'"),
  feeRateSatPerKvB: feeRate.optional(),
  subtractFee: z.boolean().optional().describe('the recipient gets the amount less the fee'),
};

/** A payment as it would be sent now. */
export const paymentPreview = z
  .strictObject({
    amountSat: satoshi.describe('what the recipient would get'),
    feeSat: satoshi,
    feeRateSatPerKvB: feeRate.describe('the rate that was asked for, or the estimate for six blocks'),
    vsize: z.int().min(1).describe('virtual bytes of the signed transaction'),
    inputs: z
      .array(z.strictObject({ txid: txId, vout: z.int().min(0), valueSat: satoshi }))
      .describe('the coins that it would spend'),
    changeSat: satoshi.describe('what would come back to the wallet, 0 without change'),
  })
  .meta({ id: 'paymentPreview' });

export const registers = {
  importWh: u64.describe('energy drawn from the grid, cumulative Wh'),
  exportWh: u64.describe('energy given to the grid, cumulative Wh'),
};
