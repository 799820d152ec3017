import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ROLES } from '../../src/base/role.ts';
import {
  agreed,
  type Harness,
  ledgerOf,
  offerUnits,
  publishTariff,
  refusals,
  SLOT_SECONDS,
  tradingChannel,
  UNIT_WH,
} from '../support/channelHarness.ts';

const MINUTE = 60;
const DAY = 86_400;

/** How far off a clock may be, seconds: minutes, days or years, either way. */
const skew = fc.oneof(
  fc.integer({ min: -30 * MINUTE, max: 30 * MINUTE }),
  fc.integer({ min: -9, max: 9 }).map((days) => days * DAY),
  fc.integer({ min: -20, max: 20 }).map((years) => years * 365 * DAY),
);

const move = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('jump'), role: fc.constantFrom(...ROLES), skew }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('buy'), units: fc.integer({ min: 0, max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('offer') }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('tariff') }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('deliver') }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('pass'), seconds: fc.integer({ min: 1, max: 4000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('mine') }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reconnect') }) },
);

type Move = typeof move extends fc.Arbitrary<infer T> ? T : never;

function perform(harness: Harness, each: Move, slot: number): void {
  if ('role' in each) harness.nodes[each.role].clockSkew = each.skew;
  else if ('units' in each) harness.dispatch('consumer', { type: 'buy', units: each.units });
  else if ('seconds' in each) harness.now += each.seconds;
  else if (each.type === 'offer') offerUnits(harness, 5);
  else if (each.type === 'tariff') publishTariff(harness, slot, 5);
  else if (each.type === 'deliver') harness.produce(UNIT_WH);
  else if (each.type === 'mine') harness.mine(1);
  else {
    harness.cut('consumer-producer');
    harness.connect('consumer-producer');
  }
}

it('an order crosses a new offer, and the seller’s clock has jumped past the old one: refused by name, and ordered anew', () => {
  const harness = tradingChannel({ units: 6 });
  harness.dispatch('consumer', { type: 'buy', units: 1 });
  expect(harness.underWay('consumer', 'producer').map(({ type }) => type)).toContain('propose_update');
  harness.nodes.producer.clockSkew = 30 * DAY;
  offerUnits(harness, 5);
  harness.run();
  harness.nodes.producer.clockSkew = 0;
  expect(refusals(harness, 'producer')).toMatchObject([{ code: 'offerReplaced', offerId: 0n, latest: 1n }]);
  expect(harness.nodes.producer.state.type).toBe('open');
  harness.mine(1);
  harness.run();
  expect(ledgerOf(harness, 'consumer').nextUnit).toBe(1n);
  expect(agreed(harness)).toBe(true);
});

describe('clocks that jump by minutes, days and years', () => {
  it('no channel fails and nothing is lost; once they are right, units are bought and paid again', () => {
    fc.assert(
      fc.property(fc.array(move, { minLength: 4, maxLength: 20 }), (moves) => {
        const harness = tradingChannel({ units: 6 });
        moves.forEach((each, at) => {
          perform(harness, each, at + 1);
          harness.run();
        });
        for (const role of ROLES) {
          harness.nodes[role].clockSkew = 0;
          expect(harness.nodes[role].state.type).toBe(role === 'utility' ? 'attesting' : 'open');
        }
        // what waits for a block, a connection or its energy gets it
        harness.dispatch('consumer', { type: 'buy', units: 0 });
        harness.cut('consumer-producer');
        harness.connect('consumer-producer');
        harness.run();
        harness.mine(1);
        harness.run();
        for (const _ of ledgerOf(harness, 'consumer').deliveries) harness.produce(UNIT_WH);
        harness.run();
        const slot = Math.ceil((harness.now - 1_800_000_000) / SLOT_SECONDS) + 100;
        harness.now = 1_800_000_000 + slot * SLOT_SECONDS;
        publishTariff(harness, slot, 5);
        offerUnits(harness, 5);
        harness.run();
        const before = ledgerOf(harness, 'consumer').nextUnit;
        harness.dispatch('consumer', { type: 'buy', units: 1 });
        harness.run();
        harness.mine(1);
        harness.run();
        expect(
          ledgerOf(harness, 'consumer').nextUnit,
          JSON.stringify(refusals(harness, 'consumer'), text),
        ).toBeGreaterThan(before);
        expect(agreed(harness)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });
});

const text = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
