import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FollowError, type FollowOptions, followChain, nextStep } from '../../src/chain/follow.ts';
import type { Block, BlockRef, Chain } from '../../src/chain/port.ts';
import { type SimulatedChain, simulatedChain } from '../../src/chain/simulated/index.ts';

type Event = readonly ['connected' | 'disconnected', Block];

/** What a follower was told, and the chain that follows from it: an event that does not fit throws. */
class Replay {
  readonly events: Event[] = [];
  readonly errors: FollowError[] = [];
  readonly chain: BlockRef[];

  constructor(start: readonly BlockRef[]) {
    this.chain = [...start];
  }
  options(from: BlockRef | undefined): FollowOptions {
    return {
      from,
      onConnected: (block) => this.#connect(block),
      onDisconnected: (block) => this.#disconnect(block),
      onError: (error) => void this.errors.push(error),
    };
  }
  hashes(): string[] {
    return this.chain.map((block) => block.hash);
  }
  #connect(block: Block): void {
    expect(block.previousHash).toBe(this.chain.at(-1)?.hash);
    expect(block.height).toBe((this.chain.at(-1)?.height ?? 0) + 1);
    this.chain.push(block);
    this.events.push(['connected', block]);
  }
  #disconnect(block: Block): void {
    expect(block.hash).toBe(this.chain.at(-1)?.hash);
    this.chain.pop();
    this.events.push(['disconnected', block]);
  }
}

async function bestChain(chain: Chain): Promise<BlockRef[]> {
  const { height } = await chain.tip();
  const hashes = await Promise.all(Array.from({ length: height + 1 }, (_, at) => chain.blockHash(at)));
  return hashes.map((hash, at) => ({ height: at, hash: hash ?? '' }));
}

async function hashesOf(chain: Chain): Promise<string[]> {
  return (await bestChain(chain)).map((block) => block.hash);
}

/** A chain of `height` blocks, a follower that starts at its tip, and what it is told. */
async function followed(height: number): Promise<{
  chain: SimulatedChain;
  replay: Replay;
  follower: ReturnType<typeof followChain>;
}> {
  const chain = simulatedChain();
  chain.mine(height);
  const replay = new Replay(await bestChain(chain));
  const follower = followChain(chain, replay.options(undefined));
  await follower.settled();
  return { chain, replay, follower };
}

describe('followChain', () => {
  it('from nowhere: starts at the tip and does not tell of it', async () => {
    const { chain, replay, follower } = await followed(3);
    expect(replay.events).toEqual([]);
    expect(follower.position()).toEqual(await chain.tip());
    follower.stop();
  });

  it('blocks are mined: each is told of once, in order, whole', async () => {
    const { chain, replay, follower } = await followed(3);
    const mined = chain.mine(3);
    await follower.settled();
    expect(replay.events).toEqual(mined.map((block) => ['connected', block]));
    expect(follower.position()).toEqual(await chain.tip());
    follower.stop();
  });

  it('from an old block: catches up with what was mined since', async () => {
    const chain = simulatedChain();
    chain.mine(2);
    const start = await bestChain(chain);
    const mined = chain.mine(4);
    const replay = new Replay(start);
    const follower = followChain(chain, replay.options(start.at(-1)));
    await follower.settled();
    expect(replay.events.map(([, block]) => block.hash)).toEqual(mined.map((block) => block.hash));
    follower.stop();
  });

  it('a reorganisation: undoes from the top down, then tells of the new branch', async () => {
    const { chain, replay, follower } = await followed(2);
    const [first, second] = chain.mine(2);
    await follower.settled();
    const others = chain.reorg(2);
    await follower.settled();
    expect(replay.events.slice(2)).toEqual([
      ['disconnected', second],
      ['disconnected', first],
      ...others.map((block) => ['connected', block]),
    ]);
    follower.stop();
  });

  it('the start was reorganised away while nobody followed: it is undone first', async () => {
    const chain = simulatedChain();
    chain.mine(5);
    const start = await bestChain(chain);
    chain.reorg(3);
    const replay = new Replay(start);
    const follower = followChain(chain, replay.options(start.at(-1)));
    await follower.settled();
    expect(replay.events.filter(([kind]) => kind === 'disconnected')).toHaveLength(3);
    expect(replay.hashes()).toEqual(await hashesOf(chain));
    follower.stop();
  });

  it('the tip goes down without a new branch: undone, nothing else', async () => {
    const { chain, replay, follower } = await followed(5);
    chain.reorg(2, { mine: 0 });
    await follower.settled();
    expect(replay.events.map(([kind]) => kind)).toEqual(['disconnected', 'disconnected']);
    expect(follower.position()).toEqual(await chain.tip());
    follower.stop();
  });

  it('a handler is slow: the next one waits for it, and the position moves only after it', async () => {
    const chain = simulatedChain();
    const running: string[] = [];
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let entered = () => {};
    const first = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const follower = followChain(chain, {
      ...new Replay([]).options(await chain.tip()),
      onConnected: async (block) => {
        running.push(block.hash);
        entered();
        await gate;
      },
    });
    const mined = chain.mine(2);
    await first;
    expect(running).toEqual([mined[0]?.hash]);
    expect(follower.position()?.height).toBe(0);
    release();
    await follower.settled();
    expect(running).toEqual(mined.map((block) => block.hash));
    follower.stop();
  });

  it('the node is down: reported as worth a retry, and followed again when it is back', async () => {
    const chain = simulatedChain();
    chain.mine(1);
    const replay = new Replay(await bestChain(chain));
    let report = (_: FollowError) => {};
    const failed = new Promise<FollowError>((resolve) => {
      report = resolve;
    });
    const follower = followChain(chain, { ...replay.options(undefined), onError: (error) => report(error) });
    await follower.settled();
    chain.setReachable(false);
    const settled = follower.settled();
    const cause = { name: 'ChainError', code: 'unreachable' };
    expect(await failed).toMatchObject({ code: 'chainFailed', retry: true, cause });
    chain.mine(2);
    chain.setReachable(true);
    await settled;
    expect(replay.hashes()).toEqual(await hashesOf(chain));
    follower.stop();
  });

  it('the node is down and says nothing when it is back: asked again after a pause', async () => {
    const world = simulatedChain();
    world.mine(2);
    let failures = 2;
    const flaky: Chain = Object.assign(world.connect(), {
      blockHash: async (height: number) => {
        if (failures-- > 0) world.setReachable(false);
        else world.setReachable(true);
        return world.blockHash(height);
      },
    });
    const replay = new Replay(await bestChain(world));
    const follower = followChain(flaky, { ...replay.options(undefined), retryMs: 1 });
    await follower.settled();
    expect(replay.errors).toHaveLength(2);
    follower.stop();
  });

  it('a block that is needed was pruned: a named error, following ends', async () => {
    const chain = simulatedChain();
    const start = await chain.tip();
    const [first] = chain.mine(5);
    chain.prune(3);
    const replay = new Replay([start]);
    const follower = followChain(chain, replay.options(start));
    await expect(follower.settled()).rejects.toMatchObject({
      code: 'blockUnavailable',
      retry: false,
      block: { height: 1, hash: first?.hash },
    });
    expect(replay.errors).toHaveLength(1);
    await expect(follower.settled()).rejects.toMatchObject({ code: 'blockUnavailable' });
  });

  it('a start that the node has never seen: a named error', async () => {
    const chain = simulatedChain();
    chain.mine(2);
    const replay = new Replay([]);
    const follower = followChain(chain, replay.options({ height: 1, hash: '56'.repeat(32) }));
    await expect(follower.settled()).rejects.toMatchObject({ code: 'blockUnavailable' });
    expect(replay.events).toEqual([]);
  });

  it('a handler throws: reported with its block, following ends before that block', async () => {
    const chain = simulatedChain();
    const start = await chain.tip();
    const [first, second] = chain.mine(3);
    const replay = new Replay([start]);
    const cause = new Error('disk full');
    const options = replay.options(start);
    const follower = followChain(chain, {
      ...options,
      onConnected: (block) => {
        if (block.hash === second?.hash) throw cause;
        return options.onConnected(block);
      },
    });
    await expect(follower.settled()).rejects.toMatchObject({ code: 'handlerFailed', block: second, cause });
    expect(follower.position()).toEqual({ height: 1, hash: first?.hash });
  });

  it('it is stopped: no more is told, waiting for it rejects', async () => {
    const { chain, replay, follower } = await followed(1);
    const waiting = follower.settled();
    follower.stop();
    await expect(waiting).rejects.toMatchObject({ code: 'stopped' });
    chain.mine(1);
    await expect(follower.settled()).rejects.toMatchObject({ code: 'stopped' });
    expect(replay.events).toEqual([]);
    expect(replay.errors).toEqual([]);
  });

  it('the chain is closed: reported as final', async () => {
    const { chain, replay, follower } = await followed(1);
    await chain.close();
    await expect(follower.settled()).rejects.toMatchObject({
      code: 'chainFailed',
      cause: { code: 'closed' },
    });
    expect(replay.errors).toMatchObject([{ retry: false }]);
  });

  it('random mining and reorganisations, also between two questions: the events give the best chain', async () => {
    const move = fc.oneof(
      fc.record({ type: fc.constant('mine' as const), blocks: fc.integer({ min: 1, max: 4 }) }),
      fc.record({
        type: fc.constant('reorg' as const),
        depth: fc.integer({ min: 1, max: 8 }),
        mine: fc.integer({ min: 0, max: 9 }),
      }),
      fc.record({ type: fc.constant('settle' as const) }),
      fc.record({ type: fc.constant('ask' as const), questions: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ type: fc.constant('outage' as const) }),
      fc.record({ type: fc.constant('restart' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 25 }), async (moves) => {
        const chain = simulatedChain();
        chain.mine(10);
        const replay = new Replay(await bestChain(chain));
        let follower = followChain(chain, replay.options(undefined));
        await follower.settled();
        for (const each of moves) {
          if (each.type === 'mine') chain.mine(each.blocks);
          if (each.type === 'reorg') chain.reorg(Math.min(each.depth, chain.height), { mine: each.mine });
          if (each.type === 'settle') {
            await follower.settled();
            expect(replay.hashes()).toEqual(await hashesOf(chain));
          }
          if (each.type === 'ask') for (let i = 0; i < each.questions; i++) await chain.tip();
          if (each.type === 'outage') {
            chain.setReachable(false);
            await Promise.resolve();
            chain.setReachable(true);
          }
          if (each.type === 'restart') {
            follower.stop();
            follower = followChain(chain, replay.options(replay.chain.at(-1)));
          }
        }
        await follower.settled();
        expect(replay.hashes()).toEqual(await hashesOf(chain));
        expect(replay.errors.filter((error) => !error.retry)).toEqual([]);
        follower.stop();
      }),
      { numRuns: 300 },
    );
  });
});

describe('nextStep', () => {
  const position: BlockRef = { height: 5, hash: 'aa' };
  const above = (previousHash: string): Block => ({
    height: 6,
    hash: 'bb',
    previousHash,
    time: 0,
    transactions: [],
  });

  it('the block above builds on the position: connect it', () => {
    const block = above('aa');
    expect(nextStep(position, { type: 'above', block })).toEqual({ type: 'connect', block });
  });

  it('the block above builds on another: disconnect the position', () => {
    expect(nextStep(position, { type: 'above', block: above('cc') })).toEqual({ type: 'disconnect' });
  });

  it.each([
    [{ height: 5, hash: 'aa' }, 'settled'],
    [{ height: 5, hash: 'cc' }, 'disconnect'],
    [{ height: 4, hash: 'dd' }, 'disconnect'],
    [{ height: 6, hash: 'bb' }, 'look'],
  ])('nothing above, then the tip is %j: %s', (tip, type) => {
    expect(nextStep(position, { type: 'top', tip })).toEqual({ type });
  });
});
