import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { realSchedule, type Schedule, virtualSchedule } from '../../src/transport/schedule.ts';

describe.each([
  ['virtual', virtualSchedule],
  ['real', realSchedule],
] as [string, () => Schedule][])('%s schedule', (_name, create) => {
  it('any entries, some cancelled: the others run in order of time, then of asking', async () => {
    const entries = fc.array(fc.record({ delay: fc.nat({ max: 4 }), cancelled: fc.boolean() }), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(entries, async (entries) => {
        const schedule = create();
        const start = schedule.now;
        const ran: number[] = [];
        const cancels = entries.map(({ delay }, index) => schedule.at(start + delay, () => ran.push(index)));
        for (const [index, cancel] of cancels.entries()) if (entries[index]?.cancelled) cancel();
        expect(ran).toEqual([]);
        await schedule.idle();
        const expected = entries
          .map((entry, index) => ({ ...entry, index }))
          .filter(({ cancelled }) => !cancelled)
          .sort((a, b) => a.delay - b.delay || a.index - b.index);
        expect(ran).toEqual(expected.map(({ index }) => index));
      }),
      { numRuns: 60 },
    );
  });

  it('entry that asks for more, also after a promise: idle waits for all', async () => {
    const schedule = create();
    const ran: string[] = [];
    schedule.at(schedule.now, async () => {
      ran.push('first');
      await null;
      await null;
      schedule.at(schedule.now + 2, () => ran.push('second'));
    });
    await schedule.idle();
    expect(ran).toEqual(['first', 'second']);
  });

  it('the last entry cancelled while idle is awaited: idle resolves', async () => {
    const schedule = create();
    const cancel = schedule.at(schedule.now + 1e8, () => {});
    schedule.at(schedule.now, cancel);
    await schedule.idle();
  });

  it('entry cancelled twice, or after it ran: nothing', async () => {
    const schedule = create();
    let runs = 0;
    const cancel = schedule.at(schedule.now, () => {
      runs += 1;
    });
    await schedule.idle();
    cancel();
    cancel();
    expect(runs).toBe(1);
  });

  it('time in the past: soon, not from within the call', async () => {
    const schedule = create();
    let ran = false;
    schedule.at(schedule.now - 100, () => {
      ran = true;
    });
    expect(ran).toBe(false);
    await schedule.idle();
    expect(ran).toBe(true);
  });
});
