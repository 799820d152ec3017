import { err, ok, type Result } from '../base/result.ts';
import { type OutPoint, outpointKey } from '../tx/transaction.ts';
import { coinsOf } from './coins.ts';
import type { WalletState } from './state.ts';

export interface CoinUnavailable {
  readonly code: 'coinUnavailable';
  readonly outpoint: OutPoint;
  /** What it is set aside for; `null` when it is not an unspent coin of the wallet. */
  readonly reservedFor: string | null;
}

/** Sets coins aside, so that no other selection takes them; all or none. Setting aside again for the same purpose changes nothing. */
export function reserveCoins(
  state: WalletState,
  outpoints: readonly OutPoint[],
  purpose: string,
): Result<WalletState, CoinUnavailable> {
  const coins = new Map(coinsOf(state).map((coin) => [outpointKey(coin), coin]));
  for (const { txid, vout } of outpoints) {
    const outpoint = { txid, vout };
    const coin = coins.get(outpointKey(outpoint));
    if (coin?.owner.type !== 'wallet') return err({ code: 'coinUnavailable', outpoint, reservedFor: null });
    const { reservedFor } = coin;
    if (reservedFor !== null && reservedFor !== purpose)
      return err({ code: 'coinUnavailable', outpoint, reservedFor });
  }
  const added = Object.fromEntries(outpoints.map((outpoint) => [outpointKey(outpoint), purpose]));
  return ok({ ...state, reserved: { ...state.reserved, ...added } });
}

/**
 * Sets an output aside that is not a coin yet: from the block that brings it on it is never free. For our change of a
 * transaction that others complete.
 */
export function reserveComing(state: WalletState, outpoint: OutPoint, purpose: string): WalletState {
  const key = outpointKey(outpoint);
  if (state.reserved[key] === purpose) return state;
  return { ...state, reserved: { ...state.reserved, [key]: purpose } };
}

/** Frees coins that were set aside; those that were not stay as they are. */
export function releaseCoins(state: WalletState, outpoints: readonly OutPoint[]): WalletState {
  const freed = new Set(outpoints.map(outpointKey));
  return keepReserved(state, (key) => !freed.has(key));
}

/** Frees all coins that were set aside for one purpose. */
export function releasePurpose(state: WalletState, purpose: string): WalletState {
  return keepReserved(state, (_, reservedFor) => reservedFor !== purpose);
}

function keepReserved(state: WalletState, keep: (key: string, purpose: string) => boolean): WalletState {
  const before = Object.entries(state.reserved);
  const reserved = before.filter(([key, purpose]) => keep(key, purpose));
  if (reserved.length === before.length) return state;
  return { ...state, reserved: Object.fromEntries(reserved) };
}
