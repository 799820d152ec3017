import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toJson } from '../../src/base/json.ts';
import { ROLES } from '../../src/base/role.ts';
import type { Block } from '../../src/chain/port.ts';
import { MIGRATIONS } from '../../src/store/sqlite/schema.ts';
import { sqliteDisks } from '../support/sqliteDisks.ts';
import { simulatedTestChain, startWorld } from '../support/world.ts';

/**
 * Writes stores of the version that this program writes, with the chain that they are of, to `test/nonreg/stores`: once
 * for each version, and with a letter (`make.ts b`) when what is written into the same tables has changed. Two units are
 * paid, a third is in flight.
 */
const directory = join(import.meta.dirname, 'stores', `v${MIGRATIONS.length}${process.argv[2] ?? ''}`);
await mkdir(directory);
const disks = await sqliteDisks();
const chain = simulatedTestChain();
const world = await startWorld(chain, { store: (role) => disks.store(role) });
await world.open();
let paid = 0;
const settled = world.channel('consumer').notice('unitSettled', () => ++paid === 2);
const inFlight = world
  .channel('producer')
  .until(
    (s) =>
      s.type === 'open' &&
      s.rounds.phase.type === 'idle' &&
      s.rounds.held.ledger.nextUnit === 3n &&
      s.rounds.held.ledger.deliveries.length === 1,
  );
await world.trade({ units: 3, meter: (unit) => unit < 2n });
await Promise.all([settled, inFlight]);
await world.synced();
const reader = await chain.connect();
const blocks: Block[] = [];
for (let height = 0; ; height++) {
  const hash = await reader.blockHash(height);
  const block = hash === undefined ? undefined : await reader.block(hash);
  if (block === undefined) break;
  blocks.push(block);
}
const held = {
  genesisHash: await reader.genesisHash(),
  now: world.clock.now(),
  coins: world.coins(),
  ledger: world.channel('consumer').ledger,
  blocks,
};
await writeFile(join(directory, 'world.txt'), toJson(held));
await world.stop();
for (const role of ROLES) {
  await disks.now[role]?.close();
  await copyFile(disks.now[role]?.path ?? '', join(directory, `${role}.db`));
}
await disks.remove();
