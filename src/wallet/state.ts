import { fromJson, toJson } from '../base/json.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { BlockRef, Network } from '../chain/port.ts';
import type { Tx, Txid } from '../tx/transaction.ts';
import type { Account, Branch, CoinPath, Scheme } from './hd.ts';

/**
 * All that a wallet knows, as plain data without secrets; survives {@link walletStateToJson}.
 *
 * Coins, balances and history are never stored: they follow from the transactions (`coins.ts`), so a
 * reorganisation has nothing to repair but the transactions' blocks.
 */
export interface WalletState {
  readonly format: 1;
  readonly network: Network;
  readonly gapLimit: number;
  readonly accounts: readonly Account[];
  readonly branches: readonly BranchState[];
  /** Scripts of others that are watched too, by their hexadecimal, and what for. */
  readonly watched: Readonly<Record<string, string>>;
  /** The last block connected; `null` before the first. */
  readonly tip: BlockRef | null;
  /** Every transaction that pays to, spends from, or contradicts one of the wallet. */
  readonly transactions: Readonly<Record<Txid, WalletTx>>;
  /** Coins set aside, by outpoint (`txid:vout`), and what for. */
  readonly reserved: Readonly<Record<string, string>>;
  readonly labels: Labels;
}

/** One branch of one account. */
export interface BranchState {
  readonly scheme: Scheme;
  readonly branch: Branch;
  /** Lowest index that was not handed out. */
  readonly given: number;
  /** Scripts by index, hexadecimal; goes `gapLimit` beyond the last one given or used. */
  readonly scripts: readonly string[];
}

export interface WalletTx {
  readonly tx: Tx;
  /**
   * The outputs that were known as the wallet's when the transaction came. A script that is watched later
   * does not reach back: what spent its coins meanwhile went unseen.
   */
  readonly owned: readonly OwnedOutput[];
  readonly block: TxBlock | null;
  /** Added as pending by the wallet itself: outlives the block that confirms it, since a reorganisation makes it pending again. */
  readonly submitted: boolean;
}

export interface OwnedOutput {
  readonly vout: number;
  readonly owner: CoinOwner;
}

/** Who an output belongs to. */
export type CoinOwner =
  | ({ readonly type: 'wallet' } & CoinPath)
  | { readonly type: 'watched'; readonly purpose: string };

export interface TxBlock extends BlockRef {
  /** Unix seconds, from the block's header. */
  readonly time: number;
  /** Place in the block, from 0. */
  readonly position: number;
}

/** The user's words for things (BIP329), by address, transaction id and outpoint. */
export interface Labels {
  readonly addresses: Readonly<Record<string, string>>;
  readonly transactions: Readonly<Record<string, string>>;
  readonly coins: Readonly<Record<string, string>>;
}

export function walletStateToJson(state: WalletState): string {
  return toJson(state);
}

/** The state that {@link walletStateToJson} wrote. Checks the format, not every value: the text comes from the wallet's own store. */
export function walletStateFromJson(
  text: string,
): Result<WalletState, { readonly code: 'malformedState'; readonly reason: string }> {
  const json = fromJson(text);
  if (!json.ok) return err({ code: 'malformedState', reason: json.error.reason });
  const { value } = json;
  if (typeof value !== 'object' || value === null || !('format' in value))
    return err({ code: 'malformedState', reason: 'not a wallet state' });
  if (value.format !== 1)
    return err({ code: 'malformedState', reason: `unknown format ${String(value.format)}` });
  const missing = FIELDS.find((field) => !(field in value));
  if (missing !== undefined) return err({ code: 'malformedState', reason: `no ${missing}` });
  return ok(value as WalletState);
}

const FIELDS: readonly (keyof WalletState)[] = [
  'network',
  'gapLimit',
  'accounts',
  'branches',
  'watched',
  'tip',
  'transactions',
  'reserved',
  'labels',
];
