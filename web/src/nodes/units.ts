import type { Trader } from '../../../src/base/role.ts';
import type { MethodResult, RpcEvent } from '../../../src/client/index.ts';
import { columnsFor, moveRows, type UnitColumns } from './columns.ts';
import { counted, isEnd, LADDER, NO_TOTALS, type Step, type UnitTotals } from './unitTotals.ts';

/** A unit as `listUnits` gives it. */
export type ListedUnit = MethodResult<'listUnits'>['units'][number];
export type UnitStatus = ListedUnit['status'];

/** A unit of a channel, from its order to its end. Amounts in millisatoshi, times in Unix seconds. */
export interface UnitRow {
  readonly unit: bigint;
  readonly deliveryId: bigint;
  readonly seller: Trader;
  readonly energyWh: bigint;
  readonly paymentMsat: bigint;
  readonly bondMsat: bigint;
  /** Of the payment, once it is settled. */
  readonly gridFeeMsat: bigint | null;
  readonly deadline: number;
  readonly expiry: number;
  readonly status: UnitStatus;
  readonly orderedAt: number | null;
  /** When the utility said whether it was delivered; known where it was heard. */
  readonly meteredAt: number | null;
  readonly endedAt: number | null;
}

/** `settling`: the channel is on the chain, and so is what was in flight. */
type Phase = 'trading' | 'settling' | 'closed';
const PHASES: readonly Phase[] = ['trading', 'settling', 'closed'];

type Fields = Omit<UnitRow, 'status'> & { readonly step: Step };
type DeliveryData = Extract<RpcEvent, { type: 'unitOrdered' }>['data']['delivery'];

const FIRST_CAPACITY = 1024;
/** As many as a node keeps in memory. */
const MOST_UNITS = 100_000;
const ABSENT = -1;

/** What the utility said of a unit. */
interface Word {
  readonly step: 'attested' | 'refused';
  readonly time: number;
}
/** More units than can be in flight. */
const MOST_WORDS = 1000;

/**
 * The units of one channel at a trader, folded from pages of `listUnits` and from events. Each thing that is heard only
 * ever adds to what is known, so that order, repetition and overlap of pages and events change nothing in the end. A row
 * takes 90 bytes; of more than `most` rows the oldest are dropped, and stay in the totals.
 */
export class UnitBook {
  readonly channel: string;
  readonly #most: number;
  #columns: UnitColumns = columnsFor(FIRST_CAPACITY);
  #size = 0;
  #phase: Phase = 'trading';
  /** Units below were dropped. */
  #floor = 0n;
  #totals = NO_TOTALS;
  readonly #words = new Map<bigint, Word>();

  constructor(channel: string, most = MOST_UNITS) {
    this.channel = channel;
    this.#most = most;
  }

  get size(): number {
    return this.#size;
  }

  get totals(): UnitTotals {
    return this.#totals;
  }

  /** Takes what `listUnits` answered. */
  page(units: readonly ListedUnit[]): void {
    for (const unit of units) {
      if (unit.status === 'onChain') this.#enter('settling');
      this.#put(fieldsOfListed(unit));
    }
  }

  /** Takes an event; whether it was about a unit of this channel. */
  event(event: RpcEvent): boolean {
    if (event.channel !== this.channel) return false;
    switch (event.type) {
      case 'unitOrdered':
        this.#put({ ...fieldsOf(event.data.delivery), orderedAt: event.time });
        return true;
      case 'unitAttested':
        return this.#said(BigInt(event.data.unit), 'attested', event.time);
      case 'unitRefused':
        return this.#said(BigInt(event.data.unit), 'refused', event.time);
      case 'unitSettled':
        this.#put({
          ...fieldsOf(event.data.delivery),
          step: 'settled',
          gridFeeMsat: BigInt(event.data.gridFeeMsat),
          endedAt: event.time,
        });
        return true;
      case 'unitForfeited':
        this.#put({ ...fieldsOf(event.data.delivery), step: 'forfeited', endedAt: event.time });
        return true;
      case 'unitCancelled':
        this.#put({ ...fieldsOf(event.data.delivery), step: 'cancelled', endedAt: event.time });
        return true;
      case 'settling':
        return this.#enter('settling');
      case 'closed':
        return this.#enter('closed');
      default:
        return false;
    }
  }

  /** The channel is in this state. */
  channelIs(state: string): void {
    if (state === 'settling' || state === 'closed') this.#enter(state);
  }

  /** The row at a position: 0 is the lowest unit number. */
  at(position: number): UnitRow {
    const c = this.#columns;
    const step = this.#stepAt(position);
    return {
      unit: c.unit[position] ?? 0n,
      deliveryId: c.deliveryId[position] ?? 0n,
      seller: c.seller[position] === 0 ? 'consumer' : 'producer',
      energyWh: c.energyWh[position] ?? 0n,
      paymentMsat: c.paymentMsat[position] ?? 0n,
      bondMsat: c.bondMsat[position] ?? 0n,
      gridFeeMsat: step === 'settled' ? (c.gridFeeMsat[position] ?? 0n) : null,
      deadline: c.deadline[position] ?? 0,
      expiry: c.expiry[position] ?? 0,
      status: statusOf(step, this.#phase),
      orderedAt: known(c.orderedAt[position]),
      meteredAt: known(c.meteredAt[position]),
      endedAt: known(c.endedAt[position]),
    };
  }

  /** Where a unit is; -1 where there is none. */
  positionOf(unit: bigint): number {
    const position = this.#lowerBound(unit);
    return position < this.#size && this.#columns.unit[position] === unit ? position : -1;
  }

  /** The lowest unit that is not at its end; null when all are. */
  firstOpen(): bigint | null {
    for (let position = 0; position < this.#size; position++)
      if (!isEnd(this.#stepAt(position))) return this.#columns.unit[position] ?? null;
    return null;
  }

  /** The highest unit; null when there is none. */
  newestUnit(): bigint | null {
    return this.#size === 0 ? null : (this.#columns.unit[this.#size - 1] ?? null);
  }

  /** Where the units from this number on begin. */
  from(unit: bigint): number {
    return this.#lowerBound(unit);
  }

  #stepAt(position: number): Step {
    return LADDER[this.#columns.status[position] ?? 0] ?? 'inFlight';
  }

  #enter(phase: Phase): boolean {
    if (PHASES.indexOf(phase) <= PHASES.indexOf(this.#phase)) return false;
    this.#phase = phase;
    return true;
  }

  #said(unit: bigint, step: Word['step'], time: number): boolean {
    const position = this.positionOf(unit);
    if (position === -1) return this.#keepWord(unit, { step, time });
    this.#raise(position, step);
    this.#columns.meteredAt[position] = time;
    return true;
  }

  /** A word on a unit whose page is still on its way. */
  #keepWord(unit: bigint, word: Word): false {
    if (unit >= this.#floor && this.#words.size < MOST_WORDS) this.#words.set(unit, word);
    return false;
  }

  #put(row: Fields): void {
    if (row.unit < this.#floor) return;
    const position = this.#place(row);
    this.#raise(position, row.step);
    const c = this.#columns;
    if (row.step === 'settled') this.#setGridFee(position, row.gridFeeMsat ?? 0n);
    c.orderedAt[position] = row.orderedAt ?? c.orderedAt[position] ?? ABSENT;
    c.endedAt[position] = row.endedAt ?? c.endedAt[position] ?? ABSENT;
  }

  /** The position of the row of this unit, which is made when there is none. */
  #place(row: Fields): number {
    const position = this.#lowerBound(row.unit);
    if (position < this.#size && this.#columns.unit[position] === row.unit) return position;
    if (this.#size === this.#columns.unit.length) this.#columns = columnsFor(2 * this.#size, this.#columns);
    const c = this.#columns;
    moveRows(c, position + 1, position, this.#size);
    this.#size += 1;
    c.unit[position] = row.unit;
    c.deliveryId[position] = row.deliveryId;
    c.seller[position] = row.seller === 'consumer' ? 0 : 1;
    c.energyWh[position] = row.energyWh;
    c.paymentMsat[position] = row.paymentMsat;
    c.bondMsat[position] = row.bondMsat;
    c.gridFeeMsat[position] = -1n;
    c.deadline[position] = row.deadline;
    c.expiry[position] = row.expiry;
    c.orderedAt[position] = ABSENT;
    c.meteredAt[position] = ABSENT;
    c.endedAt[position] = ABSENT;
    c.status[position] = 0;
    this.#count(position, 1);
    const word = this.#words.get(row.unit);
    this.#words.delete(row.unit);
    if (word !== undefined) this.#said(row.unit, word.step, word.time);
    return this.#drop(position);
  }

  /** Forgets the oldest tenth when there are too many rows; where the row at `position` is then. */
  #drop(position: number): number {
    if (this.#size <= this.#most) return position;
    const dropped = Math.min(position, Math.max(1, Math.floor(this.#most / 10)));
    moveRows(this.#columns, 0, dropped, this.#size);
    this.#size -= dropped;
    this.#floor = this.#columns.unit[0] ?? 0n;
    return position - dropped;
  }

  #raise(position: number, step: Step): void {
    const before = this.#columns.status[position] ?? 0;
    const after = LADDER.indexOf(step);
    if (after <= before) return;
    this.#count(position, -1);
    this.#columns.status[position] = after;
    this.#count(position, 1);
  }

  #setGridFee(position: number, gridFeeMsat: bigint): void {
    this.#count(position, -1);
    this.#columns.gridFeeMsat[position] = gridFeeMsat;
    this.#count(position, 1);
  }

  /** Adds a row to the totals, or takes it out. */
  #count(position: number, sign: 1 | -1): void {
    const { energyWh, paymentMsat, bondMsat, gridFeeMsat } = this.#columns;
    const fee = gridFeeMsat[position] ?? 0n;
    this.#totals = counted(this.#totals, this.#stepAt(position), sign, {
      energyWh: energyWh[position] ?? 0n,
      paymentMsat: paymentMsat[position] ?? 0n,
      bondMsat: bondMsat[position] ?? 0n,
      gridFeeMsat: fee < 0n ? 0n : fee,
    });
  }

  #lowerBound(unit: bigint): number {
    const { unit: units } = this.#columns;
    // almost every unit is newer than all others, or the newest one
    if (this.#size === 0 || (units[this.#size - 1] ?? 0n) < unit) return this.#size;
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((units[middle] ?? 0n) < unit) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function known(time: number | undefined): number | null {
  return time === undefined || time === ABSENT ? null : time;
}

/** What was in flight when the channel went to the chain is decided there. */
function statusOf(step: Step, phase: Phase): UnitStatus {
  if (isEnd(step) || phase === 'trading') return step;
  return phase === 'settling' && step !== 'inFlight' ? step : 'onChain';
}

function fieldsOf(delivery: DeliveryData): Fields {
  return {
    unit: BigInt(delivery.unit),
    deliveryId: BigInt(delivery.deliveryId),
    seller: delivery.seller,
    energyWh: BigInt(delivery.energyWh),
    paymentMsat: BigInt(delivery.paymentMsat),
    bondMsat: BigInt(delivery.bondMsat),
    gridFeeMsat: null,
    deadline: delivery.deadline,
    expiry: delivery.expiry,
    step: 'inFlight',
    orderedAt: null,
    meteredAt: null,
    endedAt: null,
  };
}

function fieldsOfListed(unit: ListedUnit): Fields {
  return {
    ...fieldsOf(unit),
    step: unit.status === 'onChain' ? 'inFlight' : unit.status,
    gridFeeMsat: unit.gridFeeMsat === null ? null : BigInt(unit.gridFeeMsat),
    orderedAt: unit.orderedAt,
    endedAt: unit.endedAt,
  };
}
