import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Door } from '../../../src/transport/websocket/door.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/transport/websocket/limits.ts';
import { type HandClock, handClock } from './handClock.ts';

function door(limits: Partial<Limits> = {}): { readonly door: Door; readonly clock: HandClock } {
  const clock = handClock();
  return { door: new Door(clock, { ...DEFAULT_LIMITS, ...limits }), clock };
}

/** How many of so many arrivals come in, each gone again at once. */
function taken(from: Door, arrivals: number, address: (index: number) => string): number {
  let count = 0;
  for (let i = 0; i < arrivals; i++) {
    const entered = from.enter(address(i));
    if (typeof entered === 'string') expect(entered).toBe('tooManyArrivals');
    else {
      entered();
      count += 1;
    }
  }
  return count;
}

const one = () => '192.0.2.1';
const other = () => '192.0.2.2';
const each = (index: number) => `198.51.100.${index}`;

describe('the rate of arrivals', () => {
  it('of one address: its stock, then four per second, and another address has its own', () => {
    const { door: bob, clock } = door();
    expect(taken(bob, 1_000, one)).toBe(64);
    expect(taken(bob, 10, one)).toBe(0);
    expect(taken(bob, 10, other)).toBe(10);
    clock.pass(1_000);
    expect(taken(bob, 1_000, one)).toBe(4);
    clock.pass(3_600_000);
    expect(taken(bob, 1_000, one)).toBe(64);
  });

  it('of all addresses: the stock, then as many per second', () => {
    const { door: bob, clock } = door();
    expect(taken(bob, 1_000, each)).toBe(200);
    clock.pass(1_000);
    expect(taken(bob, 1_000, (index) => `203.0.113.${index}`)).toBe(200);
  });

  it('one address that floods: takes from the others what is its own, and no more', () => {
    const { door: bob } = door();
    taken(bob, 100_000, one);
    expect(taken(bob, 1_000, each)).toBe(200 - 64);
  });

  it('any arrivals at any times: never more than the stocks and the rates', () => {
    const arrivals = fc.array(fc.record({ wait: fc.nat({ max: 1_500 }), from: fc.nat({ max: 3 }) }), {
      maxLength: 120,
    });
    fc.assert(
      fc.property(arrivals, (all) => {
        const { door: bob, clock } = door({ arrivalsPerSecond: 5, arrivalsPerAddress: 3 });
        const begun = clock.now();
        const counts = [0, 0, 0, 0];
        for (const { wait, from } of all) {
          clock.pass(wait);
          counts[from] = (counts[from] as number) + taken(bob, 1, () => `${from}`);
          const seconds = clock.now() - begun;
          for (const count of counts) expect(count).toBeLessThanOrEqual(3 + 4 * seconds);
          expect(counts.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(5 + 5 * seconds);
        }
      }),
    );
  });
});

describe('a peer that the node needs', () => {
  it('strangers from many addresses arrive without end: one from where it came before is taken', () => {
    const { door: bob } = door();
    bob.expect('friend', '192.0.2.1');
    expect(taken(bob, 1_000, each)).toBe(200);
    expect(taken(bob, 1_000, one)).toBe(64);
    expect(taken(bob, 1, other)).toBe(0);
  });

  it('strangers that do not finish their handshakes: the same; it has no more than one address has', () => {
    const { door: bob } = door({ handshakes: 4, handshakesPerAddress: 2 });
    bob.expect('friend', '192.0.2.1');
    for (let i = 0; i < 4; i++) expect(bob.enter(each(i))).toBeTypeOf('function');
    expect(bob.enter(other())).toBe('tooManyHandshakes');
    expect([bob.enter(one()), bob.enter(one())].map((entered) => typeof entered)).toEqual([
      'function',
      'function',
    ]);
    expect(bob.enter(one())).toBe('tooManyHandshakes');
  });

  it('it moved: it is expected where it came from last; a thousand others later, nowhere', () => {
    const { door: bob } = door({ arrivalsPerSecond: 0 });
    bob.expect('friend', '192.0.2.1');
    bob.expect('friend', '192.0.2.2');
    expect([taken(bob, 1, one), taken(bob, 1, other)]).toEqual([0, 1]);
    for (let i = 0; i < 1_024; i++) bob.expect(`${i}`, '192.0.2.1');
    expect([taken(bob, 1, one), taken(bob, 1, other)]).toEqual([1, 0]);
  });
});
