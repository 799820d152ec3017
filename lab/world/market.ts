/** How long a tariff holds, and how long before its end the next one comes. Seconds of the clock. */
const HOLDS = 180;
const RENEWED_BEFORE = 45;
/** Units that a tariff has locks for, and with how many left the next one comes. */
const UNITS = 1_000;
const FEW_UNITS = 400n;

/** What is known of a tariff. */
export interface KnownTariff {
  readonly until: number;
  readonly unitEnergyWh: number;
  readonly firstUnit: bigint;
  readonly units: number;
}

/** A tariff to publish. */
export interface PlannedTariff {
  readonly from: number;
  readonly until: number;
  readonly units: number;
}

/** Units that may still be ordered at the tariffs that hold for a while. */
export function unitsLeft(
  tariffs: readonly KnownTariff[],
  { now, unitEnergyWh, nextUnit }: { now: number; unitEnergyWh: number; nextUnit: bigint },
): bigint {
  return tariffs
    .filter((each) => each.unitEnergyWh === unitEnergyWh && each.until - now > RENEWED_BEFORE)
    .reduce((sum, { firstUnit, units }) => {
      const from = firstUnit > nextUnit ? firstUnit : nextUnit;
      const end = firstUnit + BigInt(units);
      return end > from ? sum + end - from : sum;
    }, 0n);
}

/** The next tariff, where there soon would be none to buy at. */
export function nextTariff(left: bigint, now: number): PlannedTariff | undefined {
  // from a second ago: the clocks of two processes are read at different moments
  return left < FEW_UNITS ? { from: now - 1, until: now + HOLDS, units: UNITS } : undefined;
}

/** The offer for what may still be ordered, where it was not made. */
export function nextOffer(
  tariffs: readonly KnownTariff[],
  offeredUpTo: bigint,
):
  | { readonly units: number; readonly unitEnergyWh: number; readonly until: number; readonly upTo: bigint }
  | undefined {
  const newest = tariffs.at(-1);
  if (newest === undefined) return undefined;
  const upTo = newest.firstUnit + BigInt(newest.units);
  if (upTo <= offeredUpTo) return undefined;
  return { units: 2 * UNITS, unitEnergyWh: newest.unitEnergyWh, until: newest.until, upTo };
}
