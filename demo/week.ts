import {
  demandPrice,
  type Interval,
  meterRegisters,
  type PriceCoefficients,
  type Registers,
  type Result,
  tradableUnits,
} from '../src/index.ts';

/** A unit whose energy is complete. */
export interface PlannedUnit {
  /** Seconds, on the clock of the readings. */
  readonly time: number;
  /** The producer's meter at that moment. */
  readonly registers: Registers;
}

/** A half hour in which there is something to sell. */
export interface PlannedSlot {
  readonly slot: number;
  readonly start: number;
  readonly until: number;
  /** What both households use, D of the price. */
  readonly demandWh: number;
  readonly surplusWh: number;
  readonly msatPerWh: bigint;
  /** The producer's meter when the slot begins. */
  readonly opening: Registers;
  /** Units that are ordered at this slot's price; one may still wait for its energy when the slot ends. */
  readonly orders: number;
  /** Units that become complete in this slot, in order. */
  readonly units: readonly PlannedUnit[];
}

/** What there is to trade, planned from readings alone: no channel has been asked anything yet. */
export interface Week {
  readonly unitEnergyWh: number;
  readonly coefficients: PriceCoefficients;
  readonly start: number;
  readonly until: number;
  /** Slots with a surplus. */
  readonly slots: readonly PlannedSlot[];
  /** The meter's certified export capacity: what the roof has ever given, Wh per hour. */
  readonly capacityWhPerHour: bigint;
  readonly surplusWh: number;
  /** Units that become complete. */
  readonly units: number;
  /** The price of each order in turn, millisatoshi: the units, and the one after them. */
  readonly prices: readonly bigint[];
}

export const UNIT_ENERGY_WH = 10;

/** p = 250 D^2 + 200 D + 200 with D in kWh and p in msat per Wh: about 0.4 sat per Wh on a sunny half hour. */
export const COEFFICIENTS: PriceCoefficients = {
  a1: 250_000_000_000_000n,
  b1: 200_000_000_000n,
  c1: 200_000_000n,
};

/** Most units that one tariff may hold. */
const MOST_ORDERS = 1000;
const SLOT_SECONDS = 1800;

/**
 * The trade of a household with its neighbour, who has the same load. What the neighbour cannot use is not sold:
 * the meter of this sale does not count it. The reason instead when these readings are nothing to trade with.
 */
export function planWeek(
  readings: readonly Interval[],
  unitEnergyWh = UNIT_ENERGY_WH,
  coefficients = COEFFICIENTS,
): Result<Week, string> {
  const sold = readings.map((each) => ({ ...each, solarWh: Math.min(each.solarWh, 2 * each.loadWh) }));
  const registers = meterRegisters(sold);
  const slots: PlannedSlot[] = [];
  let soldWh = 0;
  let inFlight = false;
  for (const [index, trading] of tradableUnits(sold, unitEnergyWh).entries()) {
    const opening = registers[index];
    if (trading.tradeWh === 0 || opening === undefined) continue;
    const price = demandPrice(coefficients, BigInt(trading.demandWh));
    if (!price.ok) return { ok: false, error: `half hour ${trading.slot}: ${price.error.code}` };
    const { slot, start, demandWh, surplusWh, units: complete } = trading;
    const until = start + SLOT_SECONDS;
    const begunWh = soldWh % unitEnergyWh;
    const units = Array.from({ length: complete }, (_, k) =>
      completion(trading, opening, (k + 1) * unitEnergyWh - begunWh),
    );
    // at the end of a slot its price no longer holds: the next order has to wait
    const waits = units.at(-1)?.time === until;
    const orders = (inFlight ? 0 : 1) + complete - (waits ? 1 : 0);
    if (orders > MOST_ORDERS)
      return { ok: false, error: `half hour ${slot}: more than ${MOST_ORDERS} units` };
    slots.push({ slot, start, until, demandWh, surplusWh, msatPerWh: price.value, opening, orders, units });
    soldWh += surplusWh;
    inFlight = !waits;
  }
  const [first, last] = [slots[0], slots.at(-1)];
  if (first === undefined || last === undefined || soldWh < unitEnergyWh)
    return { ok: false, error: `there is no surplus of ${unitEnergyWh} Wh to sell in these readings` };
  const energy = BigInt(unitEnergyWh);
  return {
    ok: true,
    value: {
      unitEnergyWh,
      coefficients,
      start: first.start,
      until: last.until,
      slots,
      capacityWhPerHour: 2n * BigInt(Math.max(...sold.map(({ solarWh }) => solarWh))),
      surplusWh: soldWh,
      units: slots.reduce((sum, { units }) => sum + units.length, 0),
      prices: slots.flatMap(({ orders, msatPerWh }) => new Array<bigint>(orders).fill(msatPerWh * energy)),
    },
  };
}

/** The first second at which the slot has given `neededWh`; the meter then shows no more. The surplus flows evenly. */
function completion(
  { start, surplusWh }: { readonly start: number; readonly surplusWh: number },
  opening: Registers,
  neededWh: number,
): PlannedUnit {
  return {
    time: start + Math.ceil((SLOT_SECONDS * neededWh) / surplusWh),
    registers: { importWh: opening.importWh, exportWh: opening.exportWh + BigInt(neededWh) },
  };
}
