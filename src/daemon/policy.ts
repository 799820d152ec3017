import type { Policy } from '../node/options.ts';
import type { Config } from './config/schema.ts';

/** What the node decides by itself, as the settings have it. */
export function policyOf(config: Config): Policy {
  const most = 1000n * BigInt(config.acceptContributionSat);
  const capacity = BigInt(config.certifiedCapacityWhPerHour);
  return {
    reviewOpening: ({ contributions }, role) =>
      contributions[role] <= most ? null : 'it asks for more of our coins than we bring',
    reviewMeter: () => null,
    certifiedCapacityWhPerHour: () => capacity,
    clockTolerance: config.clockTolerance,
    claimTarget: config.claimTarget,
    resolvedDepth: config.resolvedDepth,
    anchorReserveFeeRate: BigInt(config.anchorReserveFeeRate),
    arbitrationFeeFactor: BigInt(config.arbitrationFeeFactor),
    watchtower: config.watchtower,
    keepsBlobs: config.keepsBlobs,
    keptEvents: config.keptEvents,
  };
}
