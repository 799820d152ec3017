import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChainError } from '../../../src/chain/port.ts';
import { failure } from '../../../src/daemon/rpc/failure.ts';
import { Once } from '../../../src/daemon/rpc/once.ts';
import { OnceByRight } from '../../../src/daemon/rpc/onceByRight.ts';
import { memoryStore } from '../../../src/store/memory.ts';

const named = (name: string) => ({ object: { data: { name } } });

describe('requests under a name of their caller', () => {
  it('are done once, however often they are asked, at once or after restarts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            id: fc.constantFrom('a', 'b', 'c'),
            at: fc.constantFrom('now', 'again at once', 'after a restart'),
          }),
          { maxLength: 20 },
        ),
        async (requests) => {
          let store = memoryStore();
          let once = await Once.open(store);
          const done = new Map<string, number>();
          const ask = (id: string) =>
            once.run(id, 'pay', { id }, async () => {
              done.set(id, (done.get(id) ?? 0) + 1);
              await Promise.resolve();
              return { paid: id };
            });
          for (const { id, at } of requests) {
            if (at === 'after a restart') {
              store = store.snapshot();
              once = await Once.open(store);
            }
            const answers = await Promise.all(at === 'again at once' ? [ask(id), ask(id)] : [ask(id)]);
            for (const answer of answers) expect(answer).toEqual({ paid: id });
          }
          for (const times of done.values()) expect(times).toBe(1);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('a crash in the middle: in doubt from then on, and nothing is done', async () => {
    const store = memoryStore();
    const once = await Once.open(store);
    let crashed = store.snapshot();
    await once.run('a', 'pay', {}, async () => {
      crashed = store.snapshot();
      return {};
    });
    const after = await Once.open(crashed);
    const again = after.run('a', 'pay', {}, async () => expect.unreachable('paid twice'));
    await expect(again).rejects.toMatchObject(named('requestInDoubt'));
  });

  it.each([
    ['a store that cannot write the answer', () => new Error('the disk is gone')],
    ['a bug of ours', () => new TypeError('a bug')],
  ])('%s: in doubt', async (_, fault) => {
    const once = await Once.open(memoryStore());
    const fail = () => once.run('a', 'pay', {}, () => Promise.reject(fault()));
    await expect(fail()).rejects.toBeInstanceOf(Error);
    await expect(fail()).rejects.toMatchObject(named('requestInDoubt'));
  });

  it('what was refused, or could not begin, is not done: the name is free again, also after a restart', async () => {
    let store = memoryStore();
    for (const fault of [failure('unknownTransaction', {}), new ChainError('unreachable', 'no answer')]) {
      const once = await Once.open(store);
      await expect(once.run('a', 'pay', {}, () => Promise.reject(fault))).rejects.toBe(fault);
      store = store.snapshot();
    }
    const once = await Once.open(store);
    expect(await once.run('a', 'pay', {}, async () => 'paid')).toBe('paid');
  });

  it('a payment that may be out stays in that answer: it is not made anew', async () => {
    const once = await Once.open(memoryStore());
    const unknown = failure('broadcastUnknown', { reason: 'no answer', txid: '00' });
    await expect(once.run('a', 'pay', {}, () => Promise.reject(unknown))).rejects.toBe(unknown);
    const again = once.run('a', 'pay', {}, async () => expect.unreachable('paid twice'));
    await expect(again).rejects.toMatchObject(named('broadcastUnknown'));
  });

  it('another request under the same name is refused, at once and later; without a name each is done', async () => {
    const once = await Once.open(memoryStore());
    const first = once.run('a', 'pay', { amountSat: '1' }, async () => 1);
    await expect(once.run('a', 'pay', { amountSat: '2' }, async () => 2)).rejects.toMatchObject(
      named('requestIdReused'),
    );
    expect(await first).toBe(1);
    await expect(once.run('a', 'buy', { amountSat: '1' }, async () => 2)).rejects.toMatchObject(
      named('requestIdReused'),
    );
    let times = 0;
    for (let i = 0; i < 2; i++) await once.run(undefined, 'pay', {}, async () => ++times);
    expect(times).toBe(2);
  });

  it('the last 1,024 are kept, older ones are forgotten', async () => {
    const store = memoryStore();
    const once = await Once.open(store);
    let done = 0;
    const ask = (id: number, from: Once) => from.run(`r${id}`, 'pay', {}, async () => ++done);
    for (let id = 0; id <= 1024; id++) await ask(id, once);
    const again = await Once.open(store.snapshot());
    expect(await ask(1, again)).toBe(2);
    expect(await ask(1024, again)).toBe(1025);
    expect(await ask(0, again)).toBe(1026);
  });

  it('of a lesser right, however many and under whatever name: a payment is remembered, also over a restart', async () => {
    const store = memoryStore();
    const once = await OnceByRight.open(store);
    let paid = 0;
    const pay = (from: OnceByRight) => from.run('r7', 'sendCoins', { to: 'x' }, async () => ++paid);
    expect(await pay(once)).toBe(1);
    for (let id = 0; id < 1100; id++) await once.run(`r${id}`, 'buy', {}, async () => 'bought');
    expect(await pay(once)).toBe(1);
    expect(await pay(await OnceByRight.open(store.snapshot()))).toBe(1);
  });
});
