/** What the parties of every story begin with, satoshi. */
export const COINS_SAT = { consumer: 600_000n, producer: 150_000n, utility: 50_000n };
export const CONTRIBUTIONS_SAT = { consumer: 500_000n, producer: 100_000n, utility: 20_000n };

/** Satoshi per 1,000 virtual bytes, of the opening transaction. */
export const FUNDING_FEE_RATE = 2_000n;
