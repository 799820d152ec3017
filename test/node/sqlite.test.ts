import { afterEach, beforeEach, it } from 'vitest';
import { ROLES } from '../../src/base/role.ts';
import { expectPaid, isDone, nextTrade, pursue, pursuitIn } from '../support/pursuit.ts';
import { type SqliteDisks, sqliteDisks } from '../support/sqliteDisks.ts';
import { simulatedTestChain, startWorld, type World } from '../support/world.ts';

let disks: SqliteDisks;
let world: World;

beforeEach(async () => {
  disks = await sqliteDisks();
  world = await startWorld(simulatedTestChain(), { store: (role) => disks.store(role) });
  await world.open();
});

afterEach(async () => {
  await world.stop();
  await disks.remove();
});

it('three nodes on SQLite, one after the other killed in the midst of each trade: each unit is paid once', async () => {
  const pursuit = pursuitIn(world, (role) => {
    const store = disks.now[role];
    if (store === undefined) throw new Error(`${role} has no store`);
    return store;
  });
  for (const role of [...ROLES, ...ROLES]) {
    nextTrade(pursuit);
    for (let step = 0; !isDone(pursuit); step++) {
      await pursue(pursuit);
      if (step === pursuit.trades) await world.restart(role);
      else await world.network.idle();
    }
    expectPaid(pursuit);
  }
});
