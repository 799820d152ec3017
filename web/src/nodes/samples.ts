import { type Signal, signal } from '@preact/signals';
import { stage } from '../lab/laboratory.ts';
import { tariffNow } from './market.ts';
import type { TradeModel } from './trade.ts';
import type { UnitBook } from './units.ts';

/** A second of trade, for drawing: amounts in the node are whole numbers, these are not counted with. */
export interface Sample {
  /** Unix seconds. */
  readonly time: number;
  /** Watt: of the sun where a laboratory tells, else of the units ordered in the last minute. */
  readonly powerW: number;
  /** Satoshi per kWh; null where no tariff holds. */
  readonly price: number | null;
  /** Satoshi paid in this channel up to now. */
  readonly paidSat: number;
}

/** Seconds that are kept. */
const MOST_SAMPLES = 3600;
const MINUTE = 60;

/** What a node traded, second by second, since the page is open. */
export class Samples {
  /** Grows with each sample. */
  readonly version: Signal<number> = signal(0);
  readonly #trade: TradeModel;
  #rows: Sample[] = [];

  constructor(trade: TradeModel) {
    this.#trade = trade;
    setInterval(() => this.#take(Math.floor(Date.now() / 1000)), 1000);
  }

  /** Samples from this time on, oldest first. */
  since(time: number): readonly Sample[] {
    const first = this.#rows.findIndex((sample) => sample.time >= time);
    return first === -1 ? [] : this.#rows.slice(first);
  }

  #take(time: number): void {
    const book = this.#trade.book.peek();
    if (book === null || !this.#trade.complete.peek()) return;
    const tariff = tariffNow(this.#trade.market(time));
    this.#rows.push({
      time,
      powerW: stage.peek()?.world.powerW ?? tradedPowerW(book, time),
      price: tariff === undefined ? null : Number(tariff.msatPerWh),
      paidSat: Number(book.totals.settled.paidMsat) / 1000,
    });
    // a tenth at once, so that not every second moves all of them
    if (this.#rows.length > MOST_SAMPLES * 1.1) this.#rows = this.#rows.slice(-MOST_SAMPLES);
    this.version.value += 1;
  }
}

/** The energy of the units that were ordered in the last minute, as a power. */
function tradedPowerW(book: UnitBook, time: number): number {
  let energyWh = 0;
  for (let position = book.size - 1; position >= 0; position--) {
    const row = book.at(position);
    if ((row.orderedAt ?? 0) < time - MINUTE) break;
    energyWh += Number(row.energyWh);
  }
  return energyWh * (3600 / MINUTE);
}
