import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHANNEL_STATES } from '../../src/rpc/states.ts';
import { segments } from '../../web/src/ui/segments.ts';
import { contributed, owned } from '../../web/src/views/channel/balances.ts';
import {
  edgePath,
  LIFE_BOX,
  LIFE_BOXES,
  LIFE_EDGES,
  LIFE_FRAME,
  stepOf,
} from '../../web/src/views/channel/life.ts';

const amounts = fc.array(fc.bigInt({ min: 0n, max: 2_100_000_000_000_000_000n }), { maxLength: 8 });
const msat = fc.bigInt({ min: 0n, max: 10n ** 15n });

describe('the bar of a channel', () => {
  it('any amounts: the segments fill the frame to the last unit, side by side, and nothing that is there is invisible', () => {
    fc.assert(
      fc.property(
        amounts,
        fc.integer({ min: 100, max: 2000 }),
        fc.integer({ min: 0, max: 10 }),
        (all, width, least) => {
          const parts = all.map((amount, index) => ({ key: `${index}`, amount }));
          const drawn = segments(parts, width, least);
          expect(drawn.map(({ key }) => key)).toEqual(
            parts.filter((part) => part.amount > 0n).map(({ key }) => key),
          );
          let end = 0;
          for (const segment of drawn) {
            expect(segment.from).toBe(end);
            expect(segment.width).toBeGreaterThanOrEqual(least);
            end += segment.width;
          }
          if (drawn.length > 0) expect(end).toBe(width);
        },
      ),
    );
  });

  it('a part that is twice another: its segment is twice as wide, to a unit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 18n }), (amount) => {
        const [small, large] = segments(
          [
            { key: 'small', amount },
            { key: 'large', amount: 2n * amount },
          ],
          999,
        );
        expect([small?.width, large?.width]).toEqual([333, 666]);
      }),
    );
  });

  it('whatever is in flight: the parts sum to the capacity, the buyer locks the payment and the seller the bond', () => {
    const delivery = fc.record({
      seller: fc.constantFrom('consumer' as const, 'producer' as const),
      paymentMsat: msat.map(String),
      bondMsat: msat.map(String),
    });
    fc.assert(
      fc.property(
        fc.array(delivery, { maxLength: 5 }),
        msat,
        msat,
        msat,
        (deliveries, consumer, producer, utility) => {
          const inFlight = deliveries.reduce(
            (sum, each) => sum + BigInt(each.paymentMsat) + BigInt(each.bondMsat),
            0n,
          );
          const balances = {
            n: '7',
            consumerMsat: `${consumer}`,
            producerMsat: `${producer}`,
            utilityMsat: `${utility}`,
            inFlightMsat: `${inFlight}`,
          };
          const parts = owned(balances, deliveries);
          const sum = parts.reduce((total, { amount }) => total + amount, 0n);
          expect(sum).toBe(consumer + producer + utility + inFlight);
          const soldByProducer = deliveries.filter(({ seller }) => seller === 'producer');
          const soldByConsumer = deliveries.filter(({ seller }) => seller === 'consumer');
          expect(parts.find(({ key }) => key === 'consumerLock')?.amount).toBe(
            soldByProducer.reduce((total, each) => total + BigInt(each.paymentMsat), 0n) +
              soldByConsumer.reduce((total, each) => total + BigInt(each.bondMsat), 0n),
          );
          expect(parts.map(({ key }) => key)).toEqual([
            'consumer',
            'consumerLock',
            'producerLock',
            'producer',
            'utility',
          ]);
          expect(contributed(balances).map(({ amount }) => amount)).toEqual([consumer, producer, utility]);
        },
      ),
    );
  });
});

describe('the drawing of a channel’s life', () => {
  it('every state of a channel is in exactly one box', () => {
    for (const state of CHANNEL_STATES) {
      const boxes = LIFE_BOXES.filter(({ states }) => states.includes(state));
      expect(boxes.map(({ step }) => step)).toEqual([stepOf(state)]);
    }
  });

  it('boxes lie inside the frame and apart from each other', () => {
    for (const { x, y } of LIFE_BOXES) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(x + LIFE_BOX.width).toBeLessThanOrEqual(LIFE_FRAME.width);
      expect(y + LIFE_BOX.height).toBeLessThanOrEqual(LIFE_FRAME.height);
    }
    for (const a of LIFE_BOXES)
      for (const b of LIFE_BOXES)
        if (a !== b)
          expect(
            Math.abs(a.x - b.x) > LIFE_BOX.width || Math.abs(a.y - b.y) > LIFE_BOX.height,
            `${a.step} and ${b.step}`,
          ).toBe(true);
  });

  it('no arrow goes through a box', () => {
    for (const edge of LIFE_EDGES) {
      const points = pointsOf(edgePath(edge));
      const crossed = LIFE_BOXES.filter(({ x, y }) =>
        points.some(([px, py]) => px > x && px < x + LIFE_BOX.width && py > y && py < y + LIFE_BOX.height),
      );
      expect(crossed, `${edge.from} to ${edge.to}`).toEqual([]);
    }
  });

  it('each step from box to box in the machine’s own diagram has its arrow, and each arrow its step', () => {
    const steps = machineSteps();
    expect(steps.size).toBeGreaterThan(5);
    expect(new Set(LIFE_EDGES.map(({ from, to }) => `${from} ${to}`))).toEqual(steps);
  });
});

/** Points on a path of `M x y` and then `L x y` or `V y`. */
function pointsOf(path: string): readonly (readonly [number, number])[] {
  const numbers = (path.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number);
  const [x0 = 0, y0 = 0, a = 0, b] = numbers;
  const [x1, y1] = b === undefined ? [x0, a] : [a, b];
  return Array.from({ length: 99 }, (_, i) => {
    const part = (i + 1) / 100;
    return [x0 + (x1 - x0) * part, y0 + (y1 - y0) * part] as const;
  });
}

/** What src/channel/README.md draws, box by box; of an opening that was signed it does not draw that it can fail. */
function machineSteps(): ReadonlySet<string> {
  const text = readFileSync(new URL('../../src/channel/README.md', import.meta.url), 'utf8');
  const groups: Readonly<Record<string, readonly string[]>> = {
    opening: ['opening'],
    trader: ['open', 'shuttingDown', 'negotiating'],
  };
  const known = new Set<string>(CHANNEL_STATES);
  const boxesOf = (name: string) =>
    groups[name] ?? (known.has(name) ? [stepOf(name as (typeof CHANNEL_STATES)[number])] : []);
  const steps = new Set<string>(['funding aborted']);
  for (const [, from = '', to = ''] of text.matchAll(/^ +(\w+) --> (\w+)/gm))
    for (const a of boxesOf(from)) for (const b of boxesOf(to)) if (a !== b) steps.add(`${a} ${b}`);
  return steps;
}
