import { sat } from '../../../base/amount.ts';
import { fromHex, toHex } from '../../../base/bytes.ts';
import type { MethodParams } from '../../../rpc/methods.ts';
import { decodeTx } from '../../../tx/transaction.ts';
import { inspectPsbt } from '../../../wallet/psbt.ts';
import type { BroadcastError, SendRequest } from '../../../wallet/wallet.ts';
import { failure, type RpcFailure } from '../failure.ts';
import type { Handlers, RpcHost } from '../host.ts';
import { channelFunds } from '../map/funds.ts';
import { causeOf } from '../map/values.ts';
import { balanceOf, coinOf, previewOf, sentOf, transactionOf } from '../map/wallet.ts';
import { decoded } from './decode.ts';
import { page } from './paging.ts';

/** Coins that preparePsbt sets aside are told from those of channels by this. */
const PURPOSE = 'psbt: ';

/** Coins on the chain. */
export const WALLET_HANDLERS: Handlers<
  | 'getBalance'
  | 'listCoins'
  | 'listTransactions'
  | 'estimateFee'
  | 'previewPayment'
  | 'exportDescriptors'
  | 'exportLabels'
  | 'decode'
  | 'newAddress'
  | 'setLabel'
  | 'importLabels'
  | 'sendCoins'
  | 'bumpFee'
  | 'preparePsbt'
  | 'signPsbt'
  | 'broadcastTransaction'
  | 'releaseCoins'
> = {
  getBalance: ({ node }) => ({ wallet: balanceOf(node.wallet), channels: inChannels(node) }),

  listCoins: ({ node }, { after, limit }) => {
    const state = node.wallet.state();
    const { rows, next } = page(node.wallet.coins(), after, limit);
    return { coins: rows.map((coin) => coinOf(state, coin)), next };
  },

  listTransactions: ({ node }, { after, limit, newestFirst }) => {
    const state = node.wallet.state();
    const history = node.wallet.history();
    const { rows, next } = page(newestFirst === true ? history.toReversed() : history, after, limit);
    return { transactions: rows.map((entry) => transactionOf(state, entry)), next };
  },

  estimateFee: async ({ node }, { blocks }) => ({
    feeRateSatPerKvB: `${await node.wallet.feeRate(blocks)}`,
  }),

  previewPayment: async ({ node }, params) => {
    const preview = await node.wallet.preview(sendRequest(params));
    if (!preview.ok) throw paymentFailure(preview.error);
    return previewOf(preview.value);
  },

  exportDescriptors: ({ node }) => ({
    descriptors: node.wallet
      .descriptors()
      .map(({ scheme, branch, descriptor }) => ({ scheme, branch, descriptor })),
  }),

  exportLabels: ({ node }) => ({ labels: node.wallet.exportLabels() }),

  decode: ({ node }, { data }) => ({ decoded: decoded(node, data) }),

  newAddress: async ({ node }, { scheme, label }) => ({
    address: await node.wallet.newAddress({
      ...(scheme === undefined ? {} : { scheme }),
      ...(label === undefined ? {} : { label }),
    }),
  }),

  setLabel: async ({ node }, { target, label }) => {
    await node.wallet.label('vout' in target ? { outpoint: target } : target, label);
    return {};
  },

  importLabels: async ({ node }, { labels }) => {
    const imported = await node.wallet.importLabels(labels);
    if (!imported.ok) throw failure('badData', { reason: `line ${imported.error.line} is no label` });
    return {};
  },

  sendCoins: (host, { requestId, ...params }) =>
    host.once.run(requestId, 'sendCoins', params, async () => {
      const sent = await host.node.wallet.send({
        ...sendRequest(params),
        ...(params.label === undefined ? {} : { label: params.label }),
      });
      if (!sent.ok) throw paymentFailure(sent.error);
      return sentOf(sent.value);
    }),

  bumpFee: (host, { requestId, ...params }) =>
    host.once.run(requestId, 'bumpFee', params, async () => {
      const sent = await host.node.wallet.bumpFee(params.txid, BigInt(params.feeRateSatPerKvB));
      if (!sent.ok) {
        const { error } = sent;
        if (error.code === 'notReplaceable' && error.reason === 'unknown')
          throw failure('unknownTransaction', {});
        throw paymentFailure(error);
      }
      return sentOf(sent.value);
    }),

  preparePsbt: (host, { requestId, ...params }) =>
    host.once.run(requestId, 'preparePsbt', params, async () => {
      const prepared = await host.node.wallet.prepare({
        ...sendRequest(params),
        purpose: PURPOSE + params.purpose,
      });
      if (!prepared.ok) throw paymentFailure(prepared.error);
      return { psbt: toHex(prepared.value.psbt), feeSat: `${prepared.value.fee}` };
    }),

  signPsbt: ({ node }, { psbt }) => {
    const signed = node.wallet.signPsbt(fromHex(psbt));
    if (!signed.ok) throw failure('badData', { reason: signed.error.code });
    const summary = inspectPsbt(signed.value.psbt);
    const complete =
      summary.ok && summary.value.inputs.every(({ signatures, final }) => final || signatures > 0);
    return { psbt: toHex(signed.value.psbt), signedInputs: signed.value.signed.length, complete };
  },

  broadcastTransaction: async ({ node }, { transaction }) => {
    const tx = decodeTx(fromHex(transaction));
    if (!tx.ok) throw failure('badData', { reason: tx.error.code });
    const answer = await node.wallet.broadcast(tx.value);
    if (!answer.ok) throw broadcastFailure(answer.error);
    return { txid: answer.value };
  },

  releaseCoins: async ({ node }, { purpose }) => {
    await node.wallet.releasePurpose(PURPOSE + purpose);
    return {};
  },
};

function inChannels(node: RpcHost['node']) {
  let own = 0n;
  let inFlight = 0n;
  for (const handle of node.channels()) {
    const funds = channelFunds(handle);
    own += funds.own;
    inFlight += funds.inFlight;
  }
  return { ownMsat: `${own}`, inFlightMsat: `${inFlight}` };
}

function sendRequest({
  address,
  amountSat,
  feeRateSatPerKvB,
  subtractFee,
}: Pick<
  MethodParams<'sendCoins'>,
  'address' | 'amountSat' | 'feeRateSatPerKvB' | 'subtractFee'
>): SendRequest {
  return {
    to: address,
    amount: amountSat === 'all' ? 'all' : sat(BigInt(amountSat)),
    ...(feeRateSatPerKvB === undefined ? {} : { feeRate: BigInt(feeRateSatPerKvB) }),
    ...(subtractFee === undefined ? {} : { subtractFee }),
  };
}

const ADDRESS_ERRORS: ReadonlySet<string> = new Set([
  'wrongNetwork',
  'addressChecksum',
  'unknownWitnessVersion',
  'malformedAddress',
]);

function paymentFailure(error: BroadcastError | { readonly code: string }): RpcFailure {
  if (isBroadcastError(error)) return broadcastFailure(error);
  if (ADDRESS_ERRORS.has(error.code)) return failure('badAddress', causeOf(error));
  return failure(error.code === 'insufficientFunds' ? 'notEnoughCoins' : 'cannotPay', causeOf(error));
}

function isBroadcastError(error: { readonly code: string }): error is BroadcastError {
  return error.code === 'rejected' || error.code === 'broadcastUnknown';
}

function broadcastFailure({ code, reason, txid }: BroadcastError): RpcFailure {
  return failure(code === 'rejected' ? 'broadcastRejected' : 'broadcastUnknown', { reason, txid });
}
