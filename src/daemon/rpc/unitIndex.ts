import type { Channel } from '../../channel/state.ts';
import type { NodeEvent } from '../../node/journal.ts';
import type { MethodResult } from '../../rpc/methods.ts';
import type { Delivery } from '../../tx/contract.ts';
import type { EventLog } from './eventLog.ts';
import { newestBalances } from './map/channel.ts';
import { deliveryOf } from './map/values.ts';

export type UnitRow = MethodResult<'listUnits'>['units'][number];

/** Units of one channel that are kept in memory; the oldest are forgotten first, so many at once. */
const MOST_UNITS = 100_000;
const FORGOTTEN_AT_ONCE = 1000;
const PAGE = 1000;

/**
 * The units of all channels, folded from the events that the store keeps: built when it is first asked, from then on as
 * far behind as the last question.
 */
export class UnitIndex {
  readonly #log: EventLog;
  readonly #channels = new Map<string, KnownUnits>();
  #next = 1;
  #reading: Promise<void> | undefined;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** The units of a channel from number `from` on, that `wanted` takes: at most `limit`, by number. */
  async units(
    key: string,
    state: Channel,
    from: bigint,
    limit: number,
    wanted: (row: UnitRow) => boolean,
  ): Promise<readonly UnitRow[]> {
    this.#reading ??= this.#readOn().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
    const { order, rows } = this.#channels.get(key) ?? NO_UNITS;
    const found: UnitRow[] = [];
    for (let at = placeOf(order, from); at < order.length && found.length < limit; at++) {
      const row = rows.get(order[at] as bigint);
      const shown = row === undefined ? undefined : atEnd(withWord(row, state), state);
      if (shown !== undefined && wanted(shown)) found.push(shown);
    }
    const live = inFlightOf(key, state).filter(
      (row) => BigInt(row.unit) >= from && !rows.has(BigInt(row.unit)),
    );
    const all = [...found, ...live.filter(wanted)];
    return all.sort((a, b) => (BigInt(a.unit) < BigInt(b.unit) ? -1 : 1)).slice(0, limit);
  }

  async #readOn(): Promise<void> {
    for (;;) {
      const events = await this.#log.events(this.#next, PAGE);
      for (const event of events) this.#take(event);
      const newest = events.at(-1);
      if (newest === undefined) return;
      this.#next = newest.seq + 1;
    }
  }

  #take({ channel, at, notice }: NodeEvent): void {
    switch (notice.type) {
      case 'unitOrdered':
        this.#put(channel, { ...rowOf(channel, notice.delivery), orderedAt: at });
        break;
      case 'unitSettled':
        this.#end(channel, notice.delivery, {
          status: 'settled',
          gridFeeMsat: `${notice.gridFeeMsat}`,
          endedAt: at,
        });
        break;
      case 'unitForfeited':
        this.#end(channel, notice.delivery, { status: 'forfeited', endedAt: at });
        break;
      case 'unitCancelled':
        this.#end(channel, notice.delivery, { status: 'cancelled', endedAt: at });
        break;
    }
  }

  #end(channel: string, delivery: Delivery, ending: Partial<UnitRow>): void {
    const before = this.#channels.get(channel)?.rows.get(delivery.unit);
    this.#put(channel, { ...(before ?? rowOf(channel, delivery)), ...ending });
  }

  #put(channel: string, row: UnitRow): void {
    const known = this.#channels.get(channel) ?? { order: [], rows: new Map() };
    this.#channels.set(channel, known);
    const { order, rows } = known;
    const unit = BigInt(row.unit);
    if (!rows.has(unit)) order.splice(placeOf(order, unit), 0, unit);
    rows.set(unit, row);
    if (order.length > MOST_UNITS) for (const old of order.splice(0, FORGOTTEN_AT_ONCE)) rows.delete(old);
  }
}

/** Units of one channel: their numbers in order, and a row for each. */
interface KnownUnits {
  readonly order: bigint[];
  readonly rows: Map<bigint, UnitRow>;
}

const NO_UNITS: KnownUnits = { order: [], rows: new Map() };

/** Where the first number that is not below `unit` is, or would be. */
function placeOf(order: readonly bigint[], unit: bigint): number {
  let [low, high] = [0, order.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((order[middle] as bigint) < unit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function rowOf(channel: string, delivery: Delivery): UnitRow {
  return {
    channel,
    ...deliveryOf(delivery),
    status: 'inFlight',
    gridFeeMsat: null,
    orderedAt: null,
    endedAt: null,
  };
}

/** What the newest state has in flight; at the utility, with its word on it. */
function inFlightOf(key: string, state: Channel): readonly UnitRow[] {
  const deliveries = newestBalances(state)?.deliveries ?? [];
  return deliveries.map((delivery) => atEnd(withWord(rowOf(key, delivery), state), state));
}

/** A unit in flight, with what the utility has said of it. */
function withWord(row: UnitRow, state: Channel): UnitRow {
  if (row.status !== 'inFlight') return row;
  const id = BigInt(row.deliveryId);
  if ('market' in state) {
    if (state.market.preimages.some((known) => known.id === id)) return { ...row, status: 'attested' };
    if (state.market.refused.includes(id)) return { ...row, status: 'refused' };
  }
  const book = state.type === 'attesting' ? state : state.type === 'settling' ? state.utility : null;
  const word = book?.register.find(({ delivery }) => delivery.id === id)?.type;
  if (word === 'delivered') return { ...row, status: 'attested' };
  return word === 'notDelivered' ? { ...row, status: 'refused' } : row;
}

/** What was in flight when the channel went to the chain is decided there. */
function atEnd(row: UnitRow, { type }: Channel): UnitRow {
  const isOver = type === 'settling' || type === 'closed';
  return isOver && row.status === 'inFlight' ? { ...row, status: 'onChain' } : row;
}
