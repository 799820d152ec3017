import type { Channel } from '../../channel/state.ts';
import type { NodeEvent } from '../../node/journal.ts';
import type { MethodResult } from '../../rpc/methods.ts';
import type { Delivery } from '../../tx/contract.ts';
import type { EventLog } from './eventLog.ts';
import { newestBalances } from './map/channel.ts';
import { deliveryOf } from './map/values.ts';

export type UnitRow = MethodResult<'listUnits'>['units'][number];

/** Units of one channel that are kept in memory; the oldest are forgotten first. */
const MOST_UNITS = 100_000;
const PAGE = 1000;

/**
 * The units of all channels, folded from the events that the store keeps: built when it is first asked, from then on as
 * far behind as the last question.
 */
export class UnitIndex {
  readonly #log: EventLog;
  readonly #channels = new Map<string, Map<bigint, UnitRow>>();
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
    const known = this.#channels.get(key) ?? new Map<bigint, UnitRow>();
    const found: UnitRow[] = [];
    for (const [unit, row] of known) {
      const shown = atEnd(withWord(row, state), state);
      if (unit >= from && wanted(shown)) found.push(shown);
      if (found.length > limit) break;
    }
    const live = inFlightOf(key, state).filter(
      (row) => BigInt(row.unit) >= from && !known.has(BigInt(row.unit)),
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
    const before = this.#channels.get(channel)?.get(delivery.unit);
    this.#put(channel, { ...(before ?? rowOf(channel, delivery)), ...ending });
  }

  #put(channel: string, row: UnitRow): void {
    const rows = this.#channels.get(channel) ?? new Map<bigint, UnitRow>();
    this.#channels.set(channel, rows);
    rows.set(BigInt(row.unit), row);
    const [oldest] = rows.keys();
    if (rows.size > MOST_UNITS && oldest !== undefined) rows.delete(oldest);
  }
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
