import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvariantError } from '../../src/base/invariant.ts';
import type { Secp256k1 } from '../../src/crypto/secp256k1.ts';
import { tinySecp256k1 } from '../../src/crypto/tiny.ts';
import { simulatedTestChain, startWorld, UNIT_WH, type World } from '../support/world.ts';

describe('what a command is answered', () => {
  let world: World;
  let curve: Secp256k1;
  beforeEach(async () => {
    curve = { ...tinySecp256k1 };
    world = await startWorld(simulatedTestChain(), {
      node: (role) => (role === 'producer' ? { secp: curve } : {}),
    });
    await world.open();
  });
  afterEach(() => world.stop());

  const offer = { units: 5, unitEnergyWh: UNIT_WH, until: 2_000_000_000 };

  it('a command that was done: ok', async () => {
    expect(await world.channel('producer').offer(offer)).toEqual({ ok: true, value: undefined });
    expect(await world.channel('consumer').transfer(1_000n)).toEqual({ ok: true, value: undefined });
  });

  it('a command that the rules forbid: the same error as in the notice', async () => {
    const answer = await world.channel('producer').offer({ ...offer, units: 0 });
    expect(answer).toEqual({ ok: false, error: { code: 'badOffer', reason: 'noUnits' } });
    expect(world.notices.producer).toContainEqual({
      type: 'refused',
      error: answer.ok ? null : answer.error,
    });
  });

  it('a command of another role: refused by name', async () => {
    const answer = await world.channel('utility').buy(1);
    expect(answer).toEqual({
      ok: false,
      error: { code: 'unexpectedCommand', command: 'buy', state: 'attesting' },
    });
  });

  it('a transfer of more than there is: refused at once, with or without the turn', async () => {
    for (const role of ['consumer', 'producer'] as const)
      expect(await world.channel(role).transfer(10n ** 12n)).toMatchObject({
        ok: false,
        error: { code: 'balanceTooLow' },
      });
  });

  it('a command that comes while an earlier wish is refused: its own answer', async () => {
    const { producer } = world.nodes;
    world.network.offline(producer.id);
    const channel = world.channel('consumer');
    await channel.until((state) => state.type === 'open' && state.link === 'down');
    const waiting = await channel.transfer(10n ** 12n);
    expect(waiting.ok).toBe(true); // nobody can tell before the next round
    world.network.online(producer.id);
    await channel.notice('refused');
    expect((await channel.transfer(1_000n)).ok).toBe(true);
  });

  it('a channel that a bug of ours has halted takes no command, and says so', async () => {
    const channel = world.channel('producer');
    Object.assign(curve, { sign: failing, signSchnorr: failing });
    expect(channel.halted).toBeUndefined();
    expect(await channel.offer(offer)).toEqual({ ok: false, error: { code: 'halted' } });
    expect(channel.halted).toBe('a bug');
    expect(await channel.buy(1)).toEqual({ ok: false, error: { code: 'halted' } });
  });
});

function failing(): never {
  throw new InvariantError('a bug');
}
