import { moment, satOf } from './format.ts';
import type { Screen } from './screen.ts';
import type { PlannedSlot } from './week.ts';

/** The units of a story as they come: one line per half hour, and on a terminal a bar that moves with each unit. */
export interface Progress {
  slot(slot: PlannedSlot): void;
  ordered(): void;
  delivered(): void;
  paid(): void;
  /** The slot is over, or the trade is. */
  end(): void;
}

const BAR_WIDTH = 30;

export function progressOn(screen: Screen, total: number, unitEnergyWh: number): Progress {
  let slot: PlannedSlot | undefined;
  let inSlot = 0;
  let done = 0;
  let step = '';

  function draw(): void {
    screen.draw(slot === undefined ? '' : barLine(done, total, step, slot));
  }
  function move(next: string): void {
    step = next;
    draw();
  }

  return {
    slot: (next) => {
      slot = next;
      inSlot = 0;
      draw();
    },
    ordered: () => move(`unit ${done + 1} ordered`),
    delivered: () => move(`unit ${done + 1} delivered`),
    paid: () => {
      done++;
      inSlot++;
      move(`unit ${done} paid`);
    },
    end: () => {
      if (slot !== undefined) screen.line(slotLine(slot, inSlot, unitEnergyWh));
      slot = undefined;
      screen.draw('');
    },
  };
}

/** `  [##########··········]  33/63 units  Mon 9 Jan 13:00  unit 34 delivered`. */
export function barLine(done: number, total: number, step: string, { start }: PlannedSlot): string {
  const filled = total === 0 ? 0 : Math.floor((BAR_WIDTH * done) / total);
  const bar = `${'#'.repeat(filled)}${'·'.repeat(BAR_WIDTH - filled)}`;
  return `  [${bar}]  ${done}/${total} units  ${moment(start)}  ${step}`;
}

/** Head of the table that {@link slotLine} makes. */
export const SLOT_HEAD =
  '  half hour from       both use   price of it   a unit costs   units delivered and paid';

/** One `#` for each unit that was delivered and paid in the half hour. */
export function slotLine(slot: PlannedSlot, units: number, unitEnergyWh: number): string {
  const price = satOf(slot.msatPerWh * BigInt(unitEnergyWh));
  const marks = units > 24 ? `${'#'.repeat(24)}… ${units}` : '#'.repeat(units);
  return [
    `  ${moment(slot.start)}`,
    `${slot.demandWh} Wh`.padStart(13),
    `${slot.msatPerWh} msat/Wh`.padStart(14),
    `${price} sat`.padStart(15),
    `   ${marks === '' ? '(too little for a whole unit)' : marks}`,
  ].join('');
}
