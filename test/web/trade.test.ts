import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { demandPrice } from '../../src/market/pricing.ts';
import { curveOf } from '../../web/src/market/curve.ts';
import { type Market, offeredUnits } from '../../web/src/nodes/market.ts';
import type { ListedUnit } from '../../web/src/nodes/units.ts';
import { decimalText, parseDecimal, parseWhole } from '../../web/src/text/numbers.ts';
import { parseGoal } from '../../web/src/views/trade/goals.ts';
import { obstacles } from '../../web/src/views/trade/obstacles.ts';
import { type ReceiptFacts, receiptOf, receiptText, unitsCsv } from '../../web/src/views/trade/receipt.ts';
import { ROW_PX, rowAfterKey, rowsInView, scrollTo } from '../../web/src/views/trade/rows.ts';

type Channel = NonNullable<Market['channel']>;

const TIME = 1_000_000;
const OFFER = {
  seller: 'producer' as const,
  ...{ offerId: '1', units: 10, unitEnergyWh: 100, minMsatPerWh: '0' },
  ...{ until: TIME + 60, orderedUnits: 0 },
} as const;
const TARIFF = {
  ...{ slot: 1, from: TIME - 60, until: TIME + 60, msatPerWh: '400', unitEnergyWh: 100 },
  ...{ firstUnit: '0', units: 10 },
} as const;
const CHANNEL = {
  channel: '00000001',
  channelId: 'ab'.repeat(32),
  role: 'consumer',
  state: 'open',
  link: 'up',
  peers: { consumer: '02aa', producer: '02bb', utility: '02cc' },
  funding: { txid: 'cd'.repeat(32), vout: 0 },
  balances: {
    ...{ n: '0', consumerMsat: '500000', producerMsat: '500000', utilityMsat: '0', inFlightMsat: '0' },
  },
  contributions: { consumerMsat: '500000', producerMsat: '500000', utilityMsat: '0' },
  deliveries: [],
  offers: [OFFER],
  params: {
    ...{ consumerReserveMsat: '10000', producerReserveMsat: '10000', maxInFlight: 2, dustLimitSat: '50' },
    ...{ bondPolicy: 'proportional', bondPpm: 500_000, deliveryWindow: 10, resolutionMargin: 2 },
    ...{ consumerToSelfDelay: 6, producerToSelfDelay: 6, settlementHeight: 500 },
  },
} as unknown as Channel;
const MARKET: Market = { channel: CHANNEL, tariffs: [TARIFF], nextUnit: 0n, height: 100, time: TIME };

function withChannel(changes: Partial<Channel>): Market {
  return { ...MARKET, channel: { ...CHANNEL, ...changes } };
}
function withParams(changes: object): Market {
  return withChannel({ params: { ...CHANNEL.params, ...changes } as never });
}
function withOffer(changes: object): Market {
  return withChannel({ offers: [{ ...OFFER, ...changes }] });
}

describe('what keeps a unit from being bought', () => {
  it('in a market where everything fits: nothing, and all of it is on offer', () => {
    expect(obstacles(MARKET, 'consumer')).toEqual([]);
    expect(offeredUnits(MARKET, 'producer')).toBe(10);
  });

  it.each<readonly [string, Market, RegExp]>([
    ['no channel', { ...MARKET, channel: null }, /no channel/],
    ['a channel that waits for its funding', withChannel({ state: 'awaitingFunding' }), /not open yet/],
    ['a closed channel', withChannel({ state: 'closed' }), /not open any more/],
    ['a peer that is offline', withChannel({ link: 'down' }), /offline/],
    ['no tariff', { ...MARKET, tariffs: [] }, /no tariff yet/],
    ['a tariff that has run out', { ...MARKET, tariffs: [{ ...TARIFF, until: TIME }] }, /run out/],
    ['a tariff of later', { ...MARKET, tariffs: [{ ...TARIFF, from: TIME + 1 }] }, /No tariff holds/],
    ['a tariff without units', { ...MARKET, nextUnit: 10n }, /are ordered/],
    ['no offer', withChannel({ offers: [] }), /no offer/],
    ['an offer that has run out', withOffer({ until: TIME }), /run out/],
    ['an offer that is sold', withOffer({ orderedUnits: 10 }), /are sold/],
    ['an offer of other units', withOffer({ unitEnergyWh: 99 }), /99 Wh/],
    ['a price below the least', withOffer({ minMsatPerWh: '401' }), /at least 401/],
    ['all slots in flight', withChannel({ deliveries: [{}, {}] as never }), /in flight/],
    ['a window past the end of the channel', { ...MARKET, height: 481 }, /too near|has to be settled/],
    ['a buyer at its reserve', withParams({ consumerReserveMsat: '480000' }), /consumer has/],
    ['a seller without a bond', withParams({ producerReserveMsat: '490000' }), /producer has/],
    ['a unit too small for the chain', withParams({ dustLimitSat: '61' }), /too little/],
  ])('%s: said, with its way out', (_name, market, what) => {
    const found = obstacles(market, 'consumer');
    expect(found.map((problem) => problem.what).join(' ')).toMatch(what);
    for (const { wayOut } of found) expect(wayOut).not.toBe('');
  });
});

describe('what passes by itself', () => {
  it('the slots in flight: said as such, and nothing of balances that are locked in them', () => {
    const stake = withChannel({
      deliveries: [{}] as never,
      balances: { ...CHANNEL.balances, producerMsat: '10000' } as never,
      params: { ...CHANNEL.params, maxInFlight: 1, bondPolicy: 'stake', dustLimitSat: '330' } as never,
    });
    expect(obstacles(stake, 'consumer')).toMatchObject([{ passing: true }]);
  });
});

describe('units on offer', () => {
  it('as many as tariff and offer leave, and none where they do not fit', () => {
    expect(offeredUnits({ ...MARKET, nextUnit: 4n }, 'producer')).toBe(6);
    expect(offeredUnits(withOffer({ orderedUnits: 7 }), 'producer')).toBe(3);
    const none = [
      withChannel({ state: 'closed' }),
      { ...MARKET, tariffs: [] },
      withOffer({ until: TIME }),
      withOffer({ unitEnergyWh: 99 }),
      withOffer({ minMsatPerWh: '401' }),
    ];
    for (const market of none) expect(offeredUnits(market, 'producer')).toBe(0);
    expect(offeredUnits(MARKET, 'consumer')).toBe(0);
  });
});

describe('the demand curve', () => {
  it('each point: the price of the protocol, to the millisatoshi, and never less for more demand', () => {
    const coefficient = fc.bigInt(0n, 10n ** 16n);
    fc.assert(
      fc.property(coefficient, coefficient, coefficient, fc.bigInt(0n, 10n ** 7n), (a1, b1, c1, demandWh) => {
        const { points, today } = curveOf({ a1, b1, c1 }, demandWh);
        for (const { demandWh: at, msatPerWh } of points)
          expect(demandPrice({ a1, b1, c1 }, at)).toEqual({ ok: true, value: msatPerWh });
        const prices = points.map(({ msatPerWh }) => msatPerWh);
        expect(prices).toEqual(prices.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
        const price = demandPrice({ a1, b1, c1 }, demandWh);
        expect(today).toEqual(price.ok ? { demandWh, msatPerWh: price.value } : null);
      }),
    );
  });

  it('a coefficient as a decimal: read again, the same', () => {
    const most = 2n ** 64n - 1n;
    fc.assert(
      fc.property(fc.bigInt(0n, most), fc.constantFrom(0, 6, 9, 12), (value, digits) => {
        expect(parseDecimal(decimalText(value, digits), digits, most)).toEqual({ value, problem: null });
      }),
    );
  });
});

describe('what a person types', () => {
  it.each([
    ['', /Say how many/],
    ['1.5', /Only whole/],
    ['abc', /not a number/],
    ['0', /At least/],
    ['-3', /At least/],
    ['11', /At most/],
  ])('%j as a number of units from 1 to 10: refused', (text, problem) => {
    expect(parseWhole(text, 'units', 1, 10)).toEqual({
      value: null,
      problem: expect.stringMatching(problem),
    });
  });

  it('whole numbers with spaces between groups: read', () => {
    expect(parseWhole(' 1 234 ', 'units', 1, 10_000).value).toBe(1234);
    expect(parseGoal('amount', '10 000', 0).value).toEqual({ type: 'amount', msat: 10_000_000n });
    expect(parseGoal('time', '2', 1000).value).toEqual({ type: 'time', until: 1120 });
    expect(parseGoal('amount', '0.5', 0).problem).toMatch(/Too many digits/);
  });
});

describe('the rows of a windowed list', () => {
  it('at any place: no row too few in the frame, and few more than it shows', () => {
    fc.assert(
      fc.property(
        fc.nat(4_000_000),
        fc.integer({ min: 0, max: 2000 }),
        fc.nat(200_000),
        (top, height, count) => {
          const [first, end] = rowsInView(top, height, count);
          expect(first).toBeLessThanOrEqual(Math.min(count, Math.floor(top / ROW_PX)));
          expect(end).toBeGreaterThanOrEqual(Math.min(count, Math.ceil((top + height) / ROW_PX)));
          expect(end - first).toBeLessThan(height / ROW_PX + 15);
        },
      ),
    );
  });

  it('after any keys: a row of the list, and scrolled to where it is seen', () => {
    const keys = fc.constantFrom('ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End');
    fc.assert(
      fc.property(fc.array(keys), fc.integer({ min: 1, max: 50_000 }), (path, count) => {
        const [height, head] = [400, 32];
        let [row, top] = [0, 0];
        for (const key of path) {
          row = rowAfterKey(key, row, count, 8) ?? -1;
          top = scrollTo(row, top, height, head);
          expect(row).toBeGreaterThanOrEqual(0);
          expect(row).toBeLessThan(count);
          expect(row * ROW_PX).toBeGreaterThanOrEqual(top);
          expect((row + 1) * ROW_PX + head).toBeLessThanOrEqual(top + height);
        }
        expect(rowAfterKey('x', row, count, 8)).toBeUndefined();
      }),
    );
  });
});

describe('a receipt', () => {
  const unit: ListedUnit = {
    ...{ channel: '00000001', unit: '7', deliveryId: '6', seller: 'producer', energyWh: '100' },
    ...{ paymentMsat: '40000', bondMsat: '20000', gridFeeMsat: '800', lock: 'ef'.repeat(32) },
    ...{ deadline: 110, expiry: 118, status: 'settled', orderedAt: TIME, endedAt: TIME + 9 },
  };
  const facts: ReceiptFacts = {
    unit,
    channel: CHANNEL,
    network: 'regtest',
    tariff: TARIFF,
    meteredAt: TIME + 5,
  };

  it('as JSON: what the node said, and what the seller received', () => {
    expect(receiptOf(facts)).toMatchObject({
      ...{ unit: '7', paymentMsat: '40000', gridFeeMsat: '800', sellerReceivedMsat: '39200' },
      tariff: { slot: 1, msatPerWh: '400' },
      statement: { verdict: 'delivered', lock: unit.lock, heardAt: TIME + 5 },
      parties: CHANNEL.peers,
    });
  });

  it('as text: the same amounts', () => {
    const text = receiptText(facts);
    for (const part of ['40 sat', '0.800 sat', '39.200 sat', '400 sat/kWh', unit.lock, 'producer 02bb'])
      expect(text).toContain(part);
  });

  it('all units as CSV: a line for each, as many fields as names', () => {
    const lines = unitsCsv([unit, { ...unit, unit: '8', gridFeeMsat: null, endedAt: null }]).split('\r\n');
    expect(lines).toHaveLength(4);
    const counts = lines.slice(0, 3).map((line) => line.split(',').length);
    expect(new Set(counts).size).toBe(1);
    expect(lines[2]).toContain('8,6,settled,producer,100,40000,,20000');
  });
});
