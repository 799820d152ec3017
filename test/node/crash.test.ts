import { describe, expect, it } from 'vitest';
import { ROLES, type Role } from '../../src/base/role.ts';
import { expectPaid, isDone, nextTrade, type Pursuit, pursue, pursuitIn } from '../support/pursuit.ts';
import { simulatedTestChain, startWorld } from '../support/world.ts';

const KILLS = ['crashBefore', 'crashAfter'] as const;

interface Scene extends Pursuit {
  died: boolean;
}

async function startScene(): Promise<Scene> {
  const world = await startWorld(simulatedTestChain(), {
    onError: () => {
      scene.died = true;
    },
  });
  const scene: Scene = { ...pursuitIn(world), died: false };
  await world.open();
  return scene;
}

/**
 * Lets the next trade run with `role` killed at its `write`-th write, and started anew from what a disk would hold then.
 * Returns whether there was such a write before the trade was over.
 */
async function tradeWithKill(
  scene: Scene,
  role: Role,
  write: number,
  when: (typeof KILLS)[number],
): Promise<boolean> {
  const { world } = scene;
  nextTrade(scene);
  scene.died = false;
  const disk = world.stores[role];
  disk.failAt(write, when);
  while (!isDone(scene)) {
    await pursue(scene).catch(() => {
      scene.died = true;
    });
    await world.network.idle();
    if (scene.died && world.stores[role] === disk) await world.restart(role, disk.snapshot());
  }
  expectPaid(scene);
  return scene.died;
}

/** The number of the first write that a trade did not come to. */
async function killAtEachWrite(role: Role, when: (typeof KILLS)[number]): Promise<number> {
  const scene = await startScene();
  try {
    let write = 1;
    while (await tradeWithKill(scene, role, write, when)) write++;
    return write;
  } finally {
    await scene.world.stop();
  }
}

describe('a node killed at a write', () => {
  it.each(ROLES)('%s, at each write of a trade, before and after: each unit is paid once', async (role) => {
    for (const when of KILLS)
      expect(await killAtEachWrite(role, when), 'writes of a trade of two units').toBeGreaterThan(6);
  });
});
