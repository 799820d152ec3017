import { afterEach, describe, expect, it } from 'vitest';
import { startWorld, type World } from '../support/world.ts';

describe('a node whose store is damaged', () => {
  let world: World;
  afterEach(() => world.stop());

  it.each(['state', 'monitor'] as const)('%s: it does not start, and names the channel', async (part) => {
    world = await startWorld();
    await world.open();
    const disk = world.stores.consumer.snapshot();
    const [stored] = await disk.channels();
    const text = stored?.[part] ?? '';
    // one digit of one amount or height
    const damaged = text.replace(
      /([0-9])([^0-9]*)$/,
      (_, digit, rest) => `${(Number(digit) + 1) % 10}${rest}`,
    );
    expect(damaged).not.toBe(text);
    await disk.commit('00000000', { [part]: damaged });
    await expect(world.restart('consumer', disk)).rejects.toMatchObject({
      name: 'StoreError',
      code: 'corrupt',
      message: expect.stringContaining(`channel 00000000 ${part}`),
    });
  });

  it.each(['wallet', 'position', 'nextChannel'])('value %s: it does not start', async (name) => {
    world = await startWorld();
    await world.open();
    const disk = world.stores.consumer.snapshot();
    await disk.setValue(name, `${await disk.value(name)} `);
    await expect(world.restart('consumer', disk)).rejects.toMatchObject({ code: 'corrupt' });
  });
});
