import type { WorldSettings } from './world/world.ts';

/**
 * A channel that suits the demo. Units are small and several are in flight, so the bond is many times the payment: a
 * delivery below the dust limit may not be ordered (protocol section 6). Windows are short, because blocks are mined by hand.
 */
export const DEMO_TERMS = {
  consumerSat: '500000',
  producerSat: '200000',
  utilitySat: '20000',
  /** From the tip on. */
  settledWithinBlocks: 4_000,
  params: {
    arbitration: 'immediate',
    maxInFlight: 20,
    bondPpm: 200_000_000,
    deliveryWindow: 6,
    resolutionMargin: 8,
    consumerToSelfDelay: 6,
    producerToSelfDelay: 6,
    contestWindow: 3,
  },
} as const;

/** What the demo begins with: a minute of the sun is a second. p = 250 D^2 + 200 D + 200, D in kWh, msat per Wh. */
export const DEMO_WORLD: WorldSettings = {
  running: true,
  speed: 60,
  coefficients: { a1: 250_000_000_000_000n, b1: 200_000_000_000n, c1: 200_000_000n },
  unitEnergyWh: 10,
  delivering: true,
  meter: 'honest',
  autoTariff: true,
  autoOffer: true,
};
