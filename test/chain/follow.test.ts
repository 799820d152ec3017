import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FollowError, type FollowOptions, followChain, nextStep } from '../../src/chain/follow.ts';
import { type Block, type BlockRef, type Chain, ChainError } from '../../src/chain/port.ts';
import type { Connection } from '../../src/chain/simulated/connection.ts';
import { type SimulatedChain, simulatedChain } from '../../src/chain/simulated/index.ts';
import { StoreError } from '../../src/store/port.ts';

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

/** A follower from `from`, and its first failure. */
function following(
  chain: Chain,
  from: BlockRef,
  start: readonly BlockRef[] = [from],
  genesis?: string,
): { replay: Replay; follower: ReturnType<typeof followChain>; failed: Promise<FollowError> } {
  const replay = new Replay(start);
  let report = (_: FollowError) => {};
  const failed = new Promise<FollowError>((resolve) => {
    report = resolve;
  });
  const follower = followChain(chain, {
    ...replay.options(from),
    ...(genesis === undefined ? {} : { genesis }),
    retryMs: 1,
    onError: report,
  });
  return { replay, follower, failed };
}

/** A node whose best chain ends where the test says, and which comes back to the rest. */
function reindexing(world: SimulatedChain): { chain: Chain; show: (height: number) => void } {
  let shown = Number.POSITIVE_INFINITY;
  const inner = world.connect() as Connection;
  const blockHash = async (height: number) => (height > shown ? undefined : world.blockHash(height));
  const chain: Chain = Object.assign(inner, {
    blockHash,
    tip: async () => {
      const height = Math.min(shown, world.height);
      return { height, hash: (await blockHash(height)) ?? '' };
    },
    isAbandoned: async ({ height, hash }: BlockRef) => {
      const best = await blockHash(height);
      return best !== undefined && best !== hash;
    },
  });
  return {
    chain,
    show: (height) => {
      shown = height;
      inner.tipChanged();
    },
  };
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

  it('a block that is needed was pruned: a named error, and followed on once the node has it', async () => {
    const chain = simulatedChain();
    const start = await chain.tip();
    const mined = chain.mine(5);
    chain.prune(3);
    const { replay, follower, failed } = following(chain, start);
    const error = await failed;
    const [first] = mined;
    expect(error).toMatchObject({
      code: 'blockUnavailable',
      retry: true,
      block: { height: 1, hash: first?.hash },
    });
    expect(error.message).toMatch(/getblockfrompeer/);
    expect(follower.trouble()).toBe(error);
    expect(replay.events).toEqual([]);
    chain.prune(0);
    await follower.settled();
    expect(replay.events).toEqual(mined.map((block) => ['connected', block]));
    expect(follower.trouble()).toBeUndefined();
    follower.stop();
  });

  it('a start that the node has never seen: a named error, nothing is undone', async () => {
    const chain = simulatedChain();
    chain.mine(2);
    const { replay, follower, failed } = following(chain, { height: 1, hash: '56'.repeat(32) });
    expect(await failed).toMatchObject({ code: 'blockUnavailable', retry: true });
    expect(replay.events).toEqual([]);
    follower.stop();
  });

  it('the node begins at block 0 again and grows, as when it reindexes: nothing is undone, nothing told twice', async () => {
    const world = simulatedChain();
    world.mine(6);
    const { chain, show } = reindexing(world);
    const { replay, follower, failed } = following(chain, await world.tip());
    await follower.settled();
    show(0);
    expect(await failed).toMatchObject({ code: 'chainBehind', retry: true, block: { height: 6 } });
    for (const height of [1, 4, 6]) show(height);
    await follower.settled();
    expect(replay.events).toEqual([]);
    const mined = world.mine(2);
    show(8);
    await follower.settled();
    expect(replay.events).toEqual(mined.map((block) => ['connected', block]));
    expect(follower.trouble()).toBeUndefined();
    follower.stop();
  });

  it('the node begins again and comes to another branch: undone as far as that goes, and no further', async () => {
    const world = simulatedChain();
    world.mine(6);
    const { chain, show } = reindexing(world);
    const { replay, follower, failed } = following(chain, await world.tip(), await bestChain(world));
    await follower.settled();
    show(2);
    await failed;
    world.reorg(2);
    show(7);
    await follower.settled();
    expect(replay.events.map(([kind]) => kind)).toEqual([
      'disconnected',
      'disconnected',
      'connected',
      'connected',
      'connected',
    ]);
    follower.stop();
  });

  it('another chain answers: refused by name, nothing is undone, and followed on when it is ours again', async () => {
    const world = simulatedChain();
    world.mine(3);
    const start = await world.tip();
    let other = true;
    const chain: Chain = Object.assign(world.connect(), {
      genesisHash: async () => (other ? '77'.repeat(32) : world.genesisHash()),
      blockHash: async (height: number) => (other && height > 1 ? undefined : world.blockHash(height)),
      tip: async () => (other ? { height: 1, hash: '88'.repeat(32) } : world.tip()),
      isAbandoned: async () => false,
    });
    const { replay, follower, failed } = following(chain, start, [start], await world.genesisHash());
    expect(await failed).toMatchObject({ code: 'otherChain', retry: true });
    other = false;
    const mined = world.mine(1);
    await follower.settled();
    expect(replay.events).toEqual(mined.map((block) => ['connected', block]));
    follower.stop();
  });

  it.each(['refused', 'badAnswer'] as const)(
    'the node answers "%s": named, and followed on after',
    async (code) => {
      const world = simulatedChain();
      world.mine(1);
      let wrong = true;
      const chain: Chain = Object.assign(world.connect(), {
        tip: async () => {
          if (wrong) throw new ChainError(code, 'not now');
          return world.tip();
        },
      });
      const { follower, failed } = following(chain, await world.tip());
      expect(await failed).toMatchObject({ code: 'chainFailed', retry: true, cause: { code } });
      wrong = false;
      await follower.settled();
      follower.stop();
    },
  );

  it('a handler fails for the moment, as with a full disk: it gets the same block again', async () => {
    const chain = simulatedChain();
    const start = await chain.tip();
    const mined = chain.mine(2);
    const replay = new Replay([start]);
    let full = 2;
    const options = replay.options(start);
    const follower = followChain(chain, {
      ...options,
      retryMs: 1,
      onConnected: (block) => {
        if (full-- > 0) throw new StoreError('io', 'disk full');
        return options.onConnected(block);
      },
    });
    await follower.settled();
    expect(replay.errors).toMatchObject([
      { code: 'handlerFailed', retry: true, block: mined[0] },
      { code: 'handlerFailed', retry: true, block: mined[0] },
    ]);
    expect(replay.events).toEqual(mined.map((block) => ['connected', block]));
    follower.stop();
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
    [{ height: 4, hash: 'dd' }, 'lower'],
    [{ height: 6, hash: 'bb' }, 'look'],
  ])('nothing above, then the tip is %j: %s', (tip, type) => {
    expect(nextStep(position, { type: 'top', tip })).toMatchObject({ type });
  });
});
