import type { MethodResult } from '../../../../src/client/index.ts';

/** A transaction of a channel, as a node tells it. */
export type ChannelTransaction = MethodResult<'listChannelTransactions'>['transactions'][number];
export type TransactionOutput = ChannelTransaction['outputs'][number];
export type TransactionKind = ChannelTransaction['kind'];
export type OutputMeaning = TransactionOutput['what'];

/** Blocks on top of a transaction, its own included; 0 while it is in none. */
export function confirmations({ height }: Pick<ChannelTransaction, 'height'>, tip: number | null): number {
  return height === null || tip === null || tip < height ? 0 : tip - height + 1;
}

/** Blocks of a relative lock in an output's descriptor, of the path that is named by it; null where it has none. */
export function relativeLock({ descriptor }: Pick<TransactionOutput, 'descriptor'>): number | null {
  const [, blocks] = /older\((\d+)\)/.exec(descriptor) ?? [];
  return blocks === undefined ? null : Number(blocks);
}

/** The height of an absolute lock in an output's descriptor; null where it has none. */
export function absoluteLock({ descriptor }: Pick<TransactionOutput, 'descriptor'>): number | null {
  const [, height] = /after\((\d+)\)/.exec(descriptor) ?? [];
  return height === undefined ? null : Number(height);
}
