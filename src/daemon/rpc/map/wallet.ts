import { toHex } from '../../../base/bytes.ts';
import type { MethodResult } from '../../../rpc/methods.ts';
import { encodeTx, outpointKey, type TxOutput, vsize } from '../../../tx/transaction.ts';
import { addressOfScript } from '../../../wallet/address.ts';
import { type Coin, confirmationsOf, type HistoryEntry } from '../../../wallet/coins.ts';
import { ownerOf } from '../../../wallet/lookahead.ts';
import type { WalletState } from '../../../wallet/state.ts';
import type { PaymentPreview, SentTx, Wallet } from '../../../wallet/wallet.ts';

export function balanceOf(wallet: Pick<Wallet, 'balance'>): MethodResult<'getBalance'>['wallet'] {
  const { confirmed, immature, pendingIn, pendingOut, reserved, spendable, watched } = wallet.balance();
  return {
    confirmedSat: `${confirmed}`,
    immatureSat: `${immature}`,
    pendingInSat: `${pendingIn}`,
    pendingOutSat: `${pendingOut}`,
    reservedSat: `${reserved}`,
    spendableSat: `${spendable}`,
    watchedSat: `${watched}`,
  };
}

export function coinOf(state: WalletState, coin: Coin): MethodResult<'listCoins'>['coins'][number] {
  const { txid, vout, value, script, status, block, reservedFor, owner } = coin;
  return {
    txid,
    vout,
    valueSat: `${value}`,
    script: toHex(script),
    address: addressOfScript(script, state.network) ?? null,
    status,
    height: block?.height ?? null,
    confirmations: confirmationsOf(block, state.tip),
    reservedFor,
    watchOnly: owner.type === 'watched',
    label: ownEntry(state.labels.coins, outpointKey(coin)),
  };
}

export function transactionOf(
  state: WalletState,
  entry: HistoryEntry,
): MethodResult<'listTransactions'>['transactions'][number] {
  const { txid, status, block, received, sent, fee, label } = entry;
  return {
    txid,
    status,
    height: block?.height ?? null,
    confirmations: confirmationsOf(block, state.tip),
    receivedSat: `${received}`,
    sentSat: `${sent}`,
    feeSat: fee === null ? null : `${fee}`,
    label,
  };
}

export function previewOf({
  tx,
  amount,
  fee,
  feeRate,
  inputs,
  change,
}: PaymentPreview): MethodResult<'previewPayment'> {
  return {
    amountSat: `${amount}`,
    feeSat: `${fee}`,
    feeRateSatPerKvB: `${feeRate}`,
    vsize: vsize(tx),
    inputs: inputs.map(({ txid, vout, value }) => ({ txid, vout, valueSat: `${value}` })),
    changeSat: `${change?.value ?? 0n}`,
  };
}

export function sentOf({ txid, tx, fee }: SentTx): MethodResult<'sendCoins'> {
  return { txid, feeSat: `${fee}`, hex: toHex(encodeTx(tx)) };
}

export function outputOf(state: WalletState, { value, script }: TxOutput) {
  return {
    valueSat: `${value}`,
    script: toHex(script),
    address: addressOfScript(script, state.network) ?? null,
    isOurs: ownerOf(state, script) !== undefined,
  };
}

function ownEntry(entries: Readonly<Record<string, string>>, key: string): string | null {
  return Object.hasOwn(entries, key) ? (entries[key] ?? null) : null;
}
