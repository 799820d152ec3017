import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Msat } from '../../src/base/amount.ts';
import type { Channel } from '../../src/channel/state.ts';
import { eventOf } from '../../src/daemon/rpc/map/event.ts';
import { UnitIndex } from '../../src/daemon/rpc/unitIndex.ts';
import type { NodeEvent } from '../../src/node/journal.ts';
import type { ChannelNotice } from '../../src/node/work.ts';
import type { RpcEvent } from '../../src/rpc/shapes/event.ts';
import type { Delivery } from '../../src/tx/contract.ts';
import { type ListedUnit, UnitBook, type UnitRow } from '../../web/src/nodes/units.ts';
import { counted, isEnd, NO_TOTALS, type Step } from '../../web/src/nodes/unitTotals.ts';

const KEY = '00000001';

/** What a trader's channel holds that `listUnits` asks of it. */
interface Held {
  readonly phase: 'open' | 'settling' | 'closed';
  readonly deliveries: readonly Delivery[];
  readonly attested: readonly bigint[];
  readonly refused: readonly bigint[];
}
/** A channel's events in their order, and what it held before the first and after each. */
interface History {
  readonly events: readonly NodeEvent[];
  readonly held: readonly Held[];
}

const WISHES = ['order', 'order', 'attest', 'refuse', 'settle', 'forfeit', 'cancel'] as const;
type Wish = { readonly what: (typeof WISHES)[number] | 'settling' | 'closed'; readonly pick: number };

function deliveryOf(id: number, pick: number): Delivery {
  return {
    id: BigInt(id),
    seller: pick % 5 === 0 ? 'consumer' : 'producer',
    unit: BigInt(3 * id + (pick % 3)),
    energyWh: BigInt(1 + (pick % 40)),
    paymentMsat: BigInt(1000 + pick * 7919) as Msat,
    bondMsat: BigInt(pick * 31) as Msat,
    lock: new Uint8Array(32).fill(id),
    deadline: 100 + id,
    expiry: 120 + id,
  };
}

/** What came of the wishes that the rules allow. */
function historyOf(wishes: readonly Wish[]): History {
  const events: NodeEvent[] = [];
  const held: Held[] = [{ phase: 'open', deliveries: [], attested: [], refused: [] }];
  let ordered = 0;
  const then = (notice: ChannelNotice, next: Held) => {
    const seq = events.length + 1;
    events.push({ seq, at: 1000 + seq, channel: KEY, notice });
    held.push(next);
  };
  for (const { what, pick } of wishes) {
    const now = held.at(-1) as Held;
    const delivery = now.deliveries[pick % Math.max(1, now.deliveries.length)];
    if (what === 'settling' || what === 'closed') {
      const next = what === 'settling' ? now.phase === 'open' : now.phase === 'settling';
      const why = { code: 'commanded' } as never;
      if (next) then(what === 'settling' ? { type: what, why } : { type: what }, { ...now, phase: what });
    } else if (what === 'order') {
      if (now.phase !== 'open') continue;
      const added = deliveryOf(ordered++, pick);
      then({ type: 'unitOrdered', delivery: added }, { ...now, deliveries: [...now.deliveries, added] });
    } else if (delivery === undefined || now.phase === 'closed') continue;
    else if (what === 'attest' || what === 'refuse') {
      const { id, unit } = delivery;
      if (now.attested.includes(id) || now.refused.includes(id)) continue;
      if (what === 'attest')
        then({ type: 'unitAttested', unit }, { ...now, attested: [...now.attested, id] });
      else then({ type: 'unitRefused', unit }, { ...now, refused: [...now.refused, id] });
    } else if (now.phase === 'open') {
      const next = { ...now, deliveries: now.deliveries.filter((each) => each !== delivery) };
      if (what === 'settle')
        then(
          {
            type: 'unitSettled',
            delivery,
            gridFeeMsat: BigInt(pick) as Msat,
            preimage: delivery.lock,
          } as never,
          next,
        );
      else then({ type: what === 'forfeit' ? 'unitForfeited' : 'unitCancelled', delivery }, next);
    }
  }
  return { events, held };
}

function stateOf({ phase, deliveries, attested, refused }: Held): Channel {
  if (phase === 'closed') return { type: 'closed' } as unknown as Channel;
  const market = { preimages: attested.map((id) => ({ id })), refused };
  return { type: phase, market, rounds: { held: { ledger: { deliveries } } } } as unknown as Channel;
}

/** What `listUnits` answers after so many events. */
async function listed({ events, held }: History, after: number): Promise<readonly ListedUnit[]> {
  const kept = events.slice(0, after);
  const index = new UnitIndex({
    events: async (from, limit) => kept.filter(({ seq }) => seq >= from).slice(0, limit),
    last: async () => kept.length,
    onGrowth: () => () => {},
  });
  return index.units(KEY, stateOf(held[after] as Held), 0n, 1e6, () => true);
}

function sent({ seq, at, channel, notice }: NodeEvent): RpcEvent {
  const event = eventOf(notice, { sequence: seq, time: at, channel, channelId: null });
  if (event === undefined) throw new Error(notice.type);
  return event;
}

function rowsOf(book: UnitBook): readonly UnitRow[] {
  return Array.from({ length: book.size }, (_, position) => book.at(position));
}

/** A row of a node as the book has it; when the utility spoke is in no listing. */
function rowOf(unit: ListedUnit): Omit<UnitRow, 'meteredAt'> {
  const { channel: _channel, lock: _lock, ...rest } = unit;
  return {
    ...rest,
    unit: BigInt(unit.unit),
    deliveryId: BigInt(unit.deliveryId),
    energyWh: BigInt(unit.energyWh),
    paymentMsat: BigInt(unit.paymentMsat),
    bondMsat: BigInt(unit.bondMsat),
    gridFeeMsat: unit.gridFeeMsat === null ? null : BigInt(unit.gridFeeMsat),
  };
}

function withoutMetered({ meteredAt: _, ...row }: UnitRow): Omit<UnitRow, 'meteredAt'> {
  return row;
}

function totalsOf(units: readonly ListedUnit[]) {
  return units.map(rowOf).reduce((totals, { status, ...unit }) => {
    const step: Step = status === 'onChain' ? 'inFlight' : status;
    return counted(totals, step, 1, { ...unit, gridFeeMsat: unit.gridFeeMsat ?? 0n });
  }, NO_TOTALS);
}

const history = fc
  .tuple(
    fc.array(fc.record({ what: fc.constantFrom(...WISHES), pick: fc.nat(1000) }), { maxLength: 60 }),
    fc.array(
      fc.record({ what: fc.constantFrom('settling', 'attest', 'refuse', 'closed'), pick: fc.nat(1000) }),
      {
        maxLength: 4,
      },
    ),
  )
  .map(([trade, end]) => historyOf([...trade, ...end] as readonly Wish[]));

describe('the book of units', () => {
  it('pages and events in any cut, overlap, order and repetition: what listUnits says at the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        history,
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 3 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(20)), { maxLength: 3 }),
        async (told, first, pages, repeats) => {
          const { events } = told;
          // heard from here on; what was before is in the pages, each of which was made at some time after
          const start = first % (events.length + 1);
          const heard: ((book: UnitBook) => void)[] = events
            .slice(start)
            .map((event) => (book) => void book.event(sent(event)));
          for (const [from, length] of repeats) {
            const again = events
              .slice(start)
              .slice(from % (events.length + 1))
              .slice(0, length);
            heard.push(...again.map((event) => (book: UnitBook) => void book.event(sent(event))));
          }
          for (const [at, when] of pages) {
            const units = await listed(told, start + (at % (events.length - start + 1)));
            heard.splice(when % (heard.length + 1), 0, (book) => book.page(units));
          }
          const book = new UnitBook(KEY);
          for (const hear of heard) hear(book);
          book.channelIs((told.held.at(-1) as Held).phase);

          const truth = await listed(told, events.length);
          expect(rowsOf(book).map(withoutMetered)).toEqual(truth.map(rowOf));
          expect(book.totals).toEqual(totalsOf(truth));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('more units than it may keep: the newest ones, and the totals of all', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.integer({ min: 10, max: 20 }), async (told, most) => {
        const book = new UnitBook(KEY, most);
        for (const event of told.events) book.event(sent(event));
        book.channelIs((told.held.at(-1) as Held).phase);
        const truth = (await listed(told, told.events.length)).map(rowOf);
        const rows = rowsOf(book).map(withoutMetered);
        expect(rows).toEqual(truth.slice(truth.length - rows.length));
        expect(rows.length).toBeGreaterThanOrEqual(Math.min(truth.length, Math.floor(most * 0.9)));
        expect(rows.length).toBeLessThanOrEqual(most);
      }),
      { numRuns: 100 },
    );
  });

  it('of the first unit that is not at its end: known, so that a page can be read again from there', () => {
    fc.assert(
      fc.property(history, ({ events }) => {
        const book = new UnitBook(KEY);
        for (const event of events) book.event(sent(event));
        const open = rowsOf(book).find(({ status }) => status === 'onChain' || !isEnd(status));
        expect(book.firstOpen()).toBe(open?.unit ?? null);
      }),
    );
  });

  it('another channel’s events: not its own', () => {
    const book = new UnitBook('00000002');
    for (const event of historyOf([{ what: 'order', pick: 1 }]).events)
      expect(book.event(sent(event))).toBe(false);
    expect(book.size).toBe(0);
  });
});
