import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROLES, type Role } from '../../src/base/role.ts';
import { StoreError } from '../../src/store/port.ts';
import { type FaultyDisk, faultyDisk } from '../support/faultyDisk.ts';
import { expectPaid, isDone, nextTrade, type Pursuit, pursue, pursuitIn } from '../support/pursuit.ts';
import { type SqliteDisks, sqliteDisks } from '../support/sqliteDisks.ts';
import { simulatedTestChain, startWorld, type World } from '../support/world.ts';

let disks: SqliteDisks;
let faulty: { [R in Role]?: FaultyDisk };
let errors: unknown[];
let world: World;
let over: boolean;
let pursuit: Pursuit;

beforeEach(async () => {
  over = false;
  disks = await sqliteDisks();
  [faulty, errors] = [{}, []];
  world = await startWorld(simulatedTestChain(), {
    store: async (role) => {
      const disk = faultyDisk(await disks.store(role));
      faulty[role] = disk;
      return disk;
    },
    onError: (error) => errors.push(error),
  });
  await world.open();
  pursuit = pursuitIn(world, (role) => faulty[role] as FaultyDisk);
});

afterEach(async () => {
  over = true;
  for (const disk of Object.values(faulty)) disk.fault = undefined;
  await world.stop();
  await disks.remove();
});

/** What a disk may say of a command; nothing else may end one. */
function refused(error: unknown): void {
  if (!(error instanceof StoreError)) throw error;
  errors.push(error);
}

/** The application goes on until its units are paid. */
async function traded(until: () => boolean = () => isDone(pursuit)): Promise<void> {
  while (!until() && !over) {
    await pursue(pursuit).catch(refused);
    await world.network.idle();
  }
}

/** Resolves once the node's disk refused a write more than it had. */
async function refusing(role: Role): Promise<void> {
  const disk = faulty[role];
  const before = disk?.refused ?? 0;
  while ((disk?.refused ?? 0) === before && !over) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('a node whose disk takes no writes for a while', () => {
  it.each(ROLES)(
    '%s, from any write of a trade on: when the disk is well it goes on by itself',
    async (role) => {
      const disk = faulty[role] as FaultyDisk;
      for (let write = 1; ; write += 12) {
        nextTrade(pursuit);
        disk.failFrom(write, 'full');
        await traded(() => disk.fault !== undefined || isDone(pursuit));
        if (disk.fault === undefined) break;
        for (let i = 0; i < 5; i++) await pursue(pursuit).catch(refused);
        disk.fault = undefined;
        await traded();
        expectPaid(pursuit);
      }
      expect(errors.length).toBeGreaterThan(0);
      for (const error of errors) expect(error).toBeInstanceOf(StoreError);
    },
  );

  it.each(ROLES)('%s, while blocks come: when the disk is well it has taken in all of them', async (role) => {
    const disk = faulty[role] as FaultyDisk;
    disk.fault = 'full';
    await world.chain.mine(2);
    await refusing(role);
    disk.fault = undefined;
    await world.mine();
    nextTrade(pursuit);
    await traded();
    expectPaid(pursuit);
  });

  it.each(ROLES)('%s, and one write of a new connection is refused, whichever: it goes on', async (role) => {
    const disk = faulty[role] as FaultyDisk;
    for (let write = 1; ; write++) {
      const before = disk.refused;
      disk.failOnce(write, 'io');
      world.network.offline(world.nodes[role].id);
      world.network.online(world.nodes[role].id);
      await world.network.idle();
      const isRefused = disk.refused > before;
      nextTrade(pursuit);
      await traded();
      expectPaid(pursuit);
      if (!isRefused) break;
    }
  });
});
