import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Regtest, startRegtest } from '../../regtest/index.ts';
import { ROLES, type Role } from '../../src/base/role.ts';
import { createNode, memoryStore, type Node, NodeRefused, toJson } from '../../src/index.ts';
import { checkedStore } from '../../src/store/checked.ts';
import { memoryNetwork } from '../../src/transport/memory.ts';
import { txid } from '../../src/tx/transaction.ts';
import { mnemonicFromEntropy } from '../../src/wallet/mnemonic.ts';
import { BitcoindProxy, type Trouble } from '../support/bitcoindProxy.ts';
import { signedCommitment } from '../support/cheat.ts';
import { regtestChain, startWorld, type World } from '../support/world.ts';

/** Its mempool is gone when it comes back. */
const FORGETFUL = { extraArgs: ['-persistmempool=0'] };

let world: World;
let regtest: Regtest;
let proxy: BitcoindProxy;
const failures: unknown[] = [];

beforeAll(async () => {
  const chain = await regtestChain();
  regtest = chain.regtest;
  proxy = await new BitcoindProxy(regtest).listen();
  world = await startWorld(
    { ...chain, connect: () => proxy.connect() },
    {
      onError: (error) => failures.push(error),
      node: () => ({ entropy: (length) => crypto.getRandomValues(new Uint8Array(length)) }),
    },
  );
});

afterAll(async () => {
  await world.stop();
  await proxy.close();
});

const mempool = () => regtest.call('getrawmempool');

const until = (holds: () => boolean) =>
  vi.waitFor(() => expect(holds()).toBe(true), { timeout: 60_000, interval: 10 });

/** Resolves when every node says that it cannot follow the chain, for this reason. */
async function troubled(code: string): Promise<void> {
  await until(() => ROLES.every((role) => world.nodes[role].chainTrouble()?.code === code));
}

/** Units that were paid for in the newest channel. */
async function pays(units: number, during: () => Promise<void>): Promise<void> {
  let paid = 0;
  const consumer = world.channel('consumer');
  const all = consumer.notice('unitSettled', () => ++paid === units);
  await consumer.buy(units);
  await during();
  await all;
}

/** What the channels of all three made of the chain since `from` notices. */
function saidOfChain(from: { readonly [R in Role]: number }): string[] {
  return ROLES.flatMap((role) => world.notices[role].slice(from[role]).map(({ type }) => type)).filter(
    (type) => ['chain', 'broadcast', 'settling', 'claiming', 'halted', 'refused'].includes(type),
  );
}

function noticeCounts(): { readonly [R in Role]: number } {
  const { consumer, producer, utility } = world.notices;
  return { consumer: consumer.length, producer: producer.length, utility: utility.length };
}

describe('a bitcoind', () => {
  it('stops in the middle of a trade: units are paid while it is down, and blocks taken in when it is back', async () => {
    await world.open();
    await world.trade({ units: 1 });
    await pays(3, () =>
      regtest.restart(async () => {
        await pays(2, async () => {});
        await troubled('chainFailed');
      }),
    );
    const before = noticeCounts();
    await world.mine(2);
    for (const role of ROLES) expect(world.nodes[role].chainTrouble()).toBeUndefined();
    expect(saidOfChain(before).filter((type) => type !== 'chain')).toEqual([]);
    expect(failures).toEqual([]);
  });

  it.each<[Trouble, string | undefined]>([
    ['silent', undefined],
    ['busy', undefined],
    ['half', undefined],
    ['html', 'badAnswer'],
    ['wrong', 'badAnswer'],
    ['locked out', 'refused'],
  ])('%s for a while: named, nobody acts, and the chain is followed on after', async (trouble, told) => {
    const before = noticeCounts();
    proxy.trouble = trouble;
    await regtest.mine(1);
    const asked = ROLES.map((role) => world.nodes[role].synced());
    await troubled('chainFailed');
    await pays(1, async () => {});
    proxy.trouble = undefined;
    await Promise.all(asked);
    const codes = failures.splice(0).map((error) => (error as { cause: { code: string } }).cause.code);
    expect(new Set(codes)).toEqual(new Set(told === undefined ? [] : [told]));
    expect(saidOfChain(before).filter((type) => type !== 'chain')).toEqual([]);
    expect(world.nodes.consumer.wallet.state().tip?.height).toBe(await regtest.height());
  });

  it('loses its last blocks and reindexes: nobody undoes a block or broadcasts, and all goes on when they are back', async () => {
    await world.mine(1);
    const before = noticeCounts();
    const height = await regtest.height();
    const blocks = join(regtest.dataDir, 'regtest', 'blocks', 'blk00000.dat');
    const kept = `${blocks}.kept`;
    await regtest.restart(
      async () => {
        await cp(blocks, kept);
        const all = await readFile(blocks);
        const used = all.findLastIndex((byte) => byte !== 0);
        await writeFile(blocks, all.subarray(0, used / 2));
      },
      { extraArgs: ['-reindex'] },
    );
    expect(await regtest.height()).toBeLessThan(height);
    await troubled('chainBehind');
    await world.restart('producer');
    await troubled('chainBehind');
    await pays(1, async () => {});
    await regtest.restart(() => cp(kept, blocks), { extraArgs: ['-reindex'] });
    await world.synced();
    expect(saidOfChain(before)).toEqual([]);
    await regtest.restart(async () => {}, { extraArgs: ['-reindex-chainstate'] });
    await world.mine(1);
    expect(saidOfChain(before).filter((type) => type !== 'chain')).toEqual([]);
    expect(failures).toEqual([]);
  });

  it('of another chain answers under the address: named, nothing is undone, and ours is followed on after', async () => {
    await world.mine(1);
    const before = noticeCounts();
    const other = await startRegtest({ zmq: false });
    try {
      await other.mine(60);
      proxy.behind = other;
      await troubled('chainFailed'); // its password is another
      const login = { cookieFile: other.cookieFile };
      const chain = await proxy.connect({ login });
      const store = world.stores.producer.snapshot();
      const node = await createNode({
        mnemonic: mnemonicFromEntropy(new Uint8Array(16).fill(2)),
        chain,
        transport: (id) => memoryNetwork().join(id),
        store,
        onError: (error) => failures.push(error),
      });
      await until(() => node.chainTrouble() !== undefined);
      expect(node.chainTrouble()?.code).toMatch(/chainBehind|blockUnavailable/);
      expect(node.channels()[0]?.state.type).toBe('open');
      await node.stop();
    } finally {
      proxy.behind = regtest;
      await other.stop();
    }
    await world.synced();
    await pays(1, () => world.mine(1));
    expect(saidOfChain(before).filter((type) => type !== 'chain')).toEqual([]);
    failures.length = 0;
  });

  it('forgets its mempool: a payment and a close are sent again, and confirm', async () => {
    const { wallet } = world.nodes.utility;
    const sent = await wallet.send({
      to: await world.nodes.consumer.wallet.newAddress(),
      amount: 50_000n as never,
      feeRate: 2_000n,
    });
    if (!sent.ok) throw new Error(sent.error.code);
    await world.channel('consumer').close();
    const close = await world.channel('producer').notice('broadcast', ({ purpose }) => purpose === 'close');
    await regtest.restart(undefined, FORGETFUL);
    expect(await mempool()).toEqual([]);
    await world.mine(1);
    expect(await mempool()).toEqual(expect.arrayContaining([sent.value.txid, txid(close.tx)]));
    await world.mine(1);
    expect(await mempool()).toEqual([]);
    for (const role of ROLES)
      expect(world.notices[role]).toContainEqual({
        type: 'chain',
        notice: expect.objectContaining({ type: 'fundingSpent', txid: txid(close.tx) }),
      });
  });

  it('stops in the middle of a breach and forgets its mempool: justice is sent again, and confirms', async () => {
    await world.open({ contributions: { consumer: 200_000n, producer: 50_000n, utility: 20_000n } });
    const old = world.stores.consumer.snapshot();
    await world.trade({ units: 0 });
    await pays(2, async () => {});
    await world.synced();
    const stolen = await signedCommitment(world, 'consumer', old);
    const isJustice = ({ purpose }: { purpose: string }) => purpose.includes('justice');
    const justice = world.channel('producer').notice('broadcast', isJustice);
    await regtest.restart(async () => {}, FORGETFUL);
    await world.chain.mineExactly([stolen]);
    await justice;
    await regtest.restart(undefined, FORGETFUL);
    expect(await mempool()).toEqual([]);
    const before = world.coins().producer;
    await world.mine(1);
    await world.mine(1);
    expect(world.coins().producer - before).toBeGreaterThan(190_000n);
  });
});

describe('a pruned bitcoind', () => {
  const PRUNED = ['-fastprune', '-prune=1'];

  it('a node that keeps up works on it; one that was down for long is told what to do, and goes on when it is done', async () => {
    const pruned = await startRegtest({ zmq: false, extraArgs: PRUNED });
    const nodes: Node[] = [];
    const told: unknown[] = [];
    const start = async (store: ReturnType<typeof memoryStore>) => {
      const node = await createNode({
        mnemonic: mnemonicFromEntropy(new Uint8Array(16)),
        chain: await pruned.chain(),
        transport: (id) => memoryNetwork().join(id),
        store,
        onError: (error) => told.push(error),
      });
      nodes.push(node);
      return node;
    };
    try {
      const [up, down] = [memoryStore(), memoryStore()];
      const keeping = await start(up);
      const sleeping = await start(down);
      await pruned.fund(await keeping.wallet.newAddress(), 70_000n);
      await Promise.all([keeping.synced(), sleeping.synced()]);
      await sleeping.stop();
      await pruned.fund(await keeping.wallet.newAddress(), 80_000n);
      await pruned.mine(700);
      const saved = join(pruned.dataDir, 'saved');
      await pruned.restart(() => cp(join(pruned.dataDir, 'regtest'), saved, { recursive: true }));
      await keeping.synced();
      await pruned.call('pruneblockchain', 400);
      await pruned.mine(1);
      await keeping.synced();
      expect(keeping.wallet.balance().confirmed).toBe(150_000n);

      const late = await start(down);
      await until(() => late.chainTrouble() !== undefined);
      expect(told).toMatchObject([{ code: 'blockUnavailable', retry: true }]);
      expect(String(told[0])).toMatch(/getblockfrompeer/);
      expect(late.wallet.balance().confirmed).toBe(70_000n);
      await pruned.restart(async () => {
        await rm(join(pruned.dataDir, 'regtest'), { recursive: true });
        await cp(saved, join(pruned.dataDir, 'regtest'), { recursive: true });
      });
      await late.synced();
      expect(late.wallet.balance().confirmed).toBe(150_000n);
      expect(told).toHaveLength(1);
    } finally {
      for (const node of nodes) await node.stop();
      await pruned.stop();
    }
  });
});

it('a store that belongs to another chain: refused by name, and left as it is', async () => {
  const store = memoryStore();
  await checkedStore(store).setValue('chainHash', toJson('00'.repeat(32)));
  const chain = await proxy.connect();
  const node = createNode({
    mnemonic: mnemonicFromEntropy(new Uint8Array(16)),
    chain,
    transport: (id) => memoryNetwork().join(id),
    store,
  });
  await expect(node).rejects.toBeInstanceOf(NodeRefused);
  await expect(node).rejects.toThrow(/belongs to the chain/);
});
