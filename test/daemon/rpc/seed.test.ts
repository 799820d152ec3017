import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RpcError } from '../../../src/client/errors.ts';
import { SeedDesk } from '../../../src/daemon/rpc/seedDesk.ts';
import { createSeed, newPhrase, openSeed } from '../../../src/daemon/seed/seed.ts';
import { simulatedTestChain } from '../../support/world.ts';
import { serveWorld } from './support.ts';

const QUICK = { N: 2 ** 14, r: 8, p: 1 };
const PASSPHRASE = 'correct horse';

let dir: string;
let path: string;
let phrase: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattlane-words-'));
  path = join(dir, 'seed.json');
  phrase = newPhrase();
  const created = await createSeed(path, { phrase, passphrase: PASSPHRASE }, QUICK);
  if (!created.ok) throw new Error(created.error.code);
});
afterEach(() => rm(dir, { recursive: true }));

const named = (call: Promise<unknown>) =>
  call.then(
    () => 'shown',
    (error: unknown) => {
      if (error instanceof RpcError) return [error.error, error.data.waitMs];
      const { name, waitMs } = (error as { object: { data: { name: string; waitMs: number } } }).object.data;
      return [name, waitMs];
    },
  );

describe('the words of the seed', () => {
  it('wrong passphrases: each closes the door for twice as long, and the right one in between does not open it', async () => {
    let now = 0;
    const desk = new SeedDesk(
      (passphrase) => openSeed(path, passphrase),
      () => now,
    );
    expect(await desk.show(PASSPHRASE)).toEqual({ words: phrase.split(' ') });
    for (const wait of [1000, 2000, 4000]) {
      expect(await named(desk.show('wrong'))).toEqual(['wrongPassphrase', wait]);
      now += wait - 1;
      expect(await named(desk.show(PASSPHRASE))).toEqual(['tooSoon', 1]);
      now += 1;
    }
    expect(await named(desk.show(PASSPHRASE))).toBe('shown');
    expect(await named(desk.show('wrong'))).toEqual(['wrongPassphrase', 1000]);
  });

  it('many tries at once: one is looked at; the wait does not grow without end', async () => {
    let now = 0;
    let opened = 0;
    const desk = new SeedDesk(
      async () => {
        opened += 1;
        return { ok: false, error: { code: 'wrongPassphrase' } };
      },
      () => now,
    );
    const answers = await Promise.all(Array.from({ length: 20 }, () => named(desk.show('guess'))));
    expect(opened).toBe(1);
    expect(answers.filter((each) => each[0] === 'tooSoon')).toHaveLength(19);
    let last = 0;
    for (let i = 0; i < 20; i++) {
      now += 15 * 60_000;
      last = Number((await named(desk.show('guess')))[1]);
    }
    expect(last).toBe(15 * 60_000);
  });

  it('over the RPC: for admin alone, in no log, no metric and no memory of the server', async () => {
    const logged: unknown[] = [];
    const called: unknown[] = [];
    const served = await serveWorld(simulatedTestChain(), {
      openSeed: (passphrase) => openSeed(path, passphrase),
      log: (...line) => logged.push(line),
      called: (...call) => called.push(call),
    });
    const { consumer } = served.clients;
    const trade = await served.client('consumer', 'trade');
    expect(await named(trade.call('showSeed', { passphrase: PASSPHRASE }))).toEqual(['forbidden', undefined]);
    expect(await consumer.call('showSeed', { passphrase: PASSPHRASE })).toEqual({ words: phrase.split(' ') });
    expect(await named(consumer.call('showSeed', { passphrase: 'wrong' }))).toEqual([
      'wrongPassphrase',
      1000,
    ]);
    const kept = JSON.stringify([logged, called, served.faults]);
    const words = phrase.split(' ').slice(0, 3).join(' ');
    for (const secret of [PASSPHRASE, words]) expect(kept).not.toContain(secret);
    const store = served.world.stores.consumer;
    for (let slot = 0; slot < 4; slot++)
      for (const name of ['rpcRequest', 'rpcPayment'])
        expect(await store.value(`${name}/${slot}`)).toBeUndefined();
    await served.stop();
  });

  it('without a seed file: said so', async () => {
    const desk = new SeedDesk((passphrase) => openSeed(join(dir, 'none.json'), passphrase));
    expect(await named(desk.show(PASSPHRASE))).toEqual(['notAvailable', undefined]);
  });
});
