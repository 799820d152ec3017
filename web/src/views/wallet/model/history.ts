import type { MethodResult } from '../../../../../src/client/index.ts';

export type WalletTx = MethodResult<'listTransactions'>['transactions'][number];

/** `moved`: between this wallet's own addresses, or into something that is its own, less the fee. */
export type Direction = 'received' | 'sent' | 'moved';

/** A transaction as its owner sees it, satoshi. */
export interface Movement {
  readonly direction: Direction;
  /** What the wallet has more, or less, by it. */
  readonly changeSat: bigint;
  /** What went to others; the fee is not in it. Known when the fee is. */
  readonly paidSat: bigint | null;
}

export function movementOf({ receivedSat, sentSat, feeSat }: WalletTx): Movement {
  const changeSat = BigInt(receivedSat) - BigInt(sentSat);
  const paidSat = feeSat === null ? null : -changeSat - BigInt(feeSat);
  if (changeSat >= 0n) return { direction: 'received', changeSat, paidSat: null };
  return { direction: paidSat === 0n ? 'moved' : 'sent', changeSat, paidSat };
}

/** Confirmations from which on nobody expects a payment to be undone. */
const SETTLED = 6;

/** How sure a transaction is, in words. */
export function certaintyOf({ status, confirmations }: Pick<WalletTx, 'status' | 'confirmations'>): {
  readonly tone: 'good' | 'warn' | 'bad' | 'plain';
  readonly text: string;
} {
  if (status === 'conflicted') return { tone: 'bad', text: 'replaced by another' };
  if (status === 'pending') return { tone: 'warn', text: 'waits for a block' };
  if (confirmations >= SETTLED) return { tone: 'good', text: 'settled' };
  return { tone: 'plain', text: `${confirmations} of ${SETTLED} blocks` };
}

/** Whether the node may replace it by one with a higher fee. */
export function isBumpable({ status, feeSat }: WalletTx): boolean {
  return status === 'pending' && feeSat !== null;
}
