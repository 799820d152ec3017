import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Regtest } from '../../regtest/index.ts';
import { list } from '../../src/chain/bitcoind/answer.ts';
import type { PerRole, Role } from '../../src/index.ts';
import { buildProgram } from '../../tools/program.ts';
import { perRole, ROLES } from '../accounting.ts';
import { StoryFailed } from '../failed.ts';
import { type FoundCoin, foundCoins } from '../nodeView.ts';
import { secretsOf } from '../seed.ts';
import { Party } from './party.ts';

/** Units follow each other faster than the sun would give them. */
const FLAGS = ['--accept-contribution-sat', '100000', '--certified-capacity-wh-per-hour', '1000000000'];
const PAUSE_MS = 25;
const PATIENCE_MS = 60_000;

/** Three parties on one Bitcoin node, each a daemon in a process of its own. */
export interface Stage {
  readonly regtest: Regtest;
  readonly parties: PerRole<Party>;
  readonly height: () => Promise<number>;
  /** Mines so many blocks; resolves when every daemon has taken them in. */
  mine(blocks: number): Promise<void>;
  /** Resolves when the mempool holds a transaction. */
  sent(): Promise<void>;
  /** What the Bitcoin node has unspent for each party's descriptors. */
  coins(): Promise<PerRole<readonly FoundCoin[]>>;
  /** Ends daemons and removes their directories. */
  stop(): Promise<void>;
}

export async function setStage(
  regtest: Regtest,
  { seed, coinsSat }: { readonly seed: string; readonly coinsSat: PerRole<bigint> },
): Promise<Stage> {
  const dirs = await Promise.all(ROLES.map((role) => mkdtemp(join(tmpdir(), `wattlane-${role}-`))));
  // in a directory that goes away with the daemon's, whatever ends it
  const { path: program } = await buildProgram('src/daemon/main.ts', { scratch: dirs[0] });
  const parties = perRole((role) => {
    const dataDir = dirs[ROLES.indexOf(role)] ?? '';
    return new Party({
      role,
      phrase: secretsOf(seed, 'processes', role).mnemonic,
      dataDir,
      regtest,
      program,
      flags: FLAGS,
    });
  });
  const all = Object.values(parties);
  const height = () => regtest.height();
  const stage: Stage = {
    regtest,
    parties,
    height,
    mine: async (blocks) => {
      for (let mined = 0; mined < blocks; mined++) {
        await regtest.mine(1);
        await synced(all, await height());
      }
    },
    sent: () =>
      until(
        async () => list({ value: await regtest.call('getrawmempool'), where: '' }).length > 0,
        'a transaction',
      ),
    coins: async () => {
      const found = new Map<Role, readonly FoundCoin[]>();
      for (const role of ROLES) {
        const { descriptors } = await parties[role].call('exportDescriptors', {});
        found.set(role, await foundCoins(regtest, { descriptors: () => descriptors }));
      }
      return perRole((role) => found.get(role) ?? []);
    },
    stop: async () => {
      await Promise.all(all.map((party) => party.stop()));
      for (const dir of dirs) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  try {
    await Promise.all(all.map((party) => party.begin()));
    for (const role of ROLES) {
      const { address } = await parties[role].call('newAddress', {});
      await regtest.fund(address, coinsSat[role]);
    }
    await synced(all, await height());
    return stage;
  } catch (error) {
    await stage.stop();
    throw error;
  }
}

async function synced(parties: readonly Party[], height: number): Promise<void> {
  for (const party of parties)
    await until(
      async () => (await party.call('getInfo', {})).height === height,
      `the ${party.role} takes in block ${height}`,
    );
}

/** Asks until it is so. */
export async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const giveUp = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > giveUp) throw new StoryFailed(`the story went wrong: ${what}, after a long wait`);
    await sleep(PAUSE_MS);
  }
}
