import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CountedChannel, elapsed, leftText, timeLocks } from '../../web/src/views/channel/countdown.ts';

const PARAMS: NonNullable<CountedChannel['params']> = {
  arbitration: 'afterHeight',
  settlementHeight: 1000,
  consumerToSelfDelay: 24,
  producerToSelfDelay: 30,
  dustLimitSat: '330',
  consumerReserveMsat: '1000000',
  producerReserveMsat: '1000000',
  maxInFlight: 8,
  bondPolicy: 'proportional',
  bondPpm: 1_000_000,
  gridFeePpm: 20_000,
  deliveryWindow: 12,
  resolutionMargin: 8,
  utilityMaxExposureMsat: '100000000000',
  minimumDepth: 3,
  contestWindow: 6,
};

const OPEN: CountedChannel = {
  state: 'open',
  role: 'consumer',
  params: PARAMS,
  deliveries: [],
  depth: null,
  dispute: null,
  onChain: { followedTo: 200, confirmedAt: 100, spentBy: null, resolvedAt: null },
};

const DELIVERY: CountedChannel['deliveries'][number] = {
  deliveryId: '4',
  unit: '9',
  seller: 'producer',
  energyWh: '10',
  paymentMsat: '1000',
  bondMsat: '1000',
  lock: '00'.repeat(32),
  deadline: 212,
  expiry: 250,
};

const names = (channel: CountedChannel, height: number, spend: Parameters<typeof timeLocks>[2] = null) =>
  timeLocks(channel, height, spend).map(({ key, blocksLeft }) => `${key}: ${blocksLeft}`);

describe('the time locks of a channel', () => {
  it('open: the heights at which the traders close, go to the chain, and T', () => {
    expect(names(OPEN, 200)).toEqual(['closing: 784', 'alone: 792', 'settlement: 800']);
  });

  it('a unit in flight: its deadline and its expiry come before', () => {
    expect(names({ ...OPEN, deliveries: [DELIVERY] }, 205)).toEqual([
      'deadline 4: 7',
      'expiry 4: 45',
      'closing: 779',
      'alone: 787',
      'settlement: 795',
    ]);
  });

  it('the funding awaited: as many blocks as are missing', () => {
    const channel: CountedChannel = { ...OPEN, state: 'awaitingFunding', depth: 1, onChain: null };
    expect(names(channel, 200)[0]).toBe('funding: 2');
  });

  it.each([
    ['consumer', 24],
    ['producer', 30],
  ] as const)('the %s went to the chain alone: its own delay, and T no more', (broadcaster, delay) => {
    const spend = { height: 210, broadcaster, revoked: false };
    const settling: CountedChannel = { ...OPEN, state: 'settling' };
    expect(names(settling, 212, spend)).toEqual([`delay: ${delay - 2}`]);
  });

  it('a case at the utility: its contest window, until there is a verdict', () => {
    const dispute = {
      claimant: 'consumer',
      n: '3',
      feeSat: '300',
      openedAt: 200,
      until: 206,
      verdict: null,
    } as const;
    const verdict = { n: '3', txid: '00'.repeat(32), height: 206, outcomes: [] };
    const channel: CountedChannel = { ...OPEN, role: 'utility', state: 'attesting', dispute };
    expect(names(channel, 201)[0]).toBe('dispute: 5');
    expect(names({ ...channel, dispute: { ...dispute, verdict } }, 207)[0]).toBe('closing: 777');
  });

  it.each(['closed', 'aborted'] as const)('%s: nothing is waited for', (state) => {
    expect(timeLocks({ ...OPEN, state, deliveries: [DELIVERY] }, 200, null)).toEqual([]);
  });

  it('at any height: what is ahead comes first, the nearest first, and each says how many blocks are left', () => {
    fc.assert(
      fc.property(fc.nat(1100), (height) => {
        const locks = timeLocks({ ...OPEN, deliveries: [DELIVERY] }, height, null);
        for (const [index, lock] of locks.entries()) {
          expect(lock.blocksLeft).toBe(lock.height - height);
          const before = locks[index - 1];
          if (before === undefined) continue;
          if (before.blocksLeft > 0 === lock.blocksLeft > 0)
            expect(before.height).toBeLessThanOrEqual(lock.height);
          else expect(before.blocksLeft).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('the time that is over: none when it begins, all when its block is there, never beyond its bar', () => {
    const [lock] = timeLocks({ ...OPEN, deliveries: [DELIVERY] }, 200, null);
    if (lock === undefined) throw new Error('there is a deadline');
    expect(elapsed(lock)).toBe(0);
    expect(elapsed({ ...lock, blocksLeft: 0 })).toBe(1000);
    fc.assert(
      fc.property(fc.integer({ min: -500, max: 500 }), (blocksLeft) => {
        const part = elapsed({ ...lock, blocksLeft });
        expect(part).toBeGreaterThanOrEqual(0);
        expect(part).toBeLessThanOrEqual(1000);
      }),
    );
    expect(elapsed({ ...lock, span: null })).toBe(null);
  });

  it('how far a block is, in words', () => {
    expect(leftText({ blocksLeft: 12, height: 212 })).toBe('in 12 blocks');
    expect(leftText({ blocksLeft: 1, height: 212 })).toBe('with the next block');
    expect(leftText({ blocksLeft: 0, height: 212 })).toBe('since block 212');
  });
});
