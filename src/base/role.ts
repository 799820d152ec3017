/** The three parties of a channel. */
export type Role = 'consumer' | 'producer' | 'utility';
/** The two that trade and hold a commitment each. */
export type Trader = 'consumer' | 'producer';

export const ROLES: readonly Role[] = ['consumer', 'producer', 'utility'];
export const TRADERS: readonly Trader[] = ['consumer', 'producer'];

export function counterpartyOf(trader: Trader): Trader {
  return trader === 'consumer' ? 'producer' : 'consumer';
}

/** One value per party. */
export interface PerRole<T> {
  readonly consumer: T;
  readonly producer: T;
  readonly utility: T;
}

/** One value per trading party. */
export interface PerTrader<T> {
  readonly consumer: T;
  readonly producer: T;
}
