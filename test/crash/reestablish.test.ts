import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Role } from '../../src/base/role.ts';
import { buildProgram, type Program } from '../../tools/program.ts';
import type { ChannelView } from './calls.ts';
import { Lane } from './lane.ts';
import { play } from './run.ts';
import { TRADING } from './scenarios.ts';
import { SCRATCH } from './scratch.ts';
import { NO_KILLS, Stage } from './stage.ts';
import { delivered, introduced } from './steps.ts';

/** Blocks in which a node could lose its patience with a peer that makes no sense. */
const BLOCKS = 2;

describe('a reestablish that cannot be right', () => {
  let program: Program;
  let lane: Lane;
  let stage: Stage;
  let seed = 0;

  beforeAll(async () => {
    program = await buildProgram('test/crash/party.ts', { scratch: SCRATCH });
    lane = new Lane(program.path);
  });
  afterAll(async () => {
    await lane.stop();
    await program.remove();
  });
  beforeEach(async () => {
    stage = await Stage.begin({ lane, plan: NO_KILLS, seed: ++seed });
    await play(stage, [...TRADING, delivered(1)]);
  });
  afterEach(() => stage.end());

  const first = async (role: Role): Promise<ChannelView | undefined> =>
    (await stage.views())[role]?.channels[0];

  /** Neither closed nor forgotten, and nothing of it was given to the chain. */
  const isKept = async (role: Role, state: 'open' | 'attesting') => {
    for (let block = 0; block < BLOCKS; block++) {
      await stage.settle();
      await stage.mine();
    }
    expect((await first(role))?.state.type).toBe(state);
    const given = stage.journal(role).flatMap((entry) => (entry.type === 'broadcast' ? entry.purpose : []));
    expect(given.filter((purpose) => purpose !== 'funding')).toEqual([]);
  };

  it('a consumer that alters a field of it: the producer keeps the channel, and trades on when it hears the truth', async () => {
    for (const lie of ['n', 'secretsHeld', 'lastSecret', 'turn'] as const) {
      await stage.remove('consumer');
      await stage.bringBack('consumer', { lie });
      expect((await first('producer'))?.state, lie).toMatchObject({ type: 'open', link: 'stale' });
      await isKept('producer', 'open');
      await isKept('utility', 'attesting');
    }
    await stage.remove('consumer');
    await stage.bringBack('consumer');
    await play(stage, [delivered(2)]);
  });

  it.each(['consumer', 'producer'] as const)(
    'a %s with an empty disk, which does not know the channel: the other two keep it',
    async (loser) => {
      await stage.remove(loser);
      stage.replaceDisk(loser);
      await stage.bringBack(loser);
      await play(stage, [introduced]);
      await isKept(loser === 'consumer' ? 'producer' : 'consumer', 'open');
      await isKept('utility', 'attesting');
    },
  );
});
