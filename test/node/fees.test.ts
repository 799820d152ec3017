import { afterEach, describe, expect, it } from 'vitest';
import { sat } from '../../src/base/amount.ts';
import { ROLES, type Role, TRADERS } from '../../src/base/role.ts';
import type { Channel } from '../../src/channel/state.ts';
import type { ChannelNotice } from '../../src/index.ts';
import { anchorReserveSat } from '../../src/tx/anchor.ts';
import { fundingValueSat } from '../../src/tx/contract.ts';
import { type Tx, txid } from '../../src/tx/transaction.ts';
import { mnemonicFromEntropy } from '../../src/wallet/mnemonic.ts';
import { createWallet } from '../../src/wallet/wallet.ts';
import { fillMempool } from '../support/fullMempool.ts';
import { BOTH_CHAINS, FIRST_COINS, regtestChain, startWorld, type World } from '../support/world.ts';

type Broadcast = Extract<ChannelNotice, { type: 'broadcast' }>;
type Sent = Broadcast & { readonly feeSat: bigint };

/** `toSelfDelay` of both traders in these channels. */
const DELAY = 24;
const isOrdered = (state: Channel) =>
  state.type === 'open' && state.rounds.held.ledger.n === 1n && state.rounds.phase.type === 'idle';

const isConnected = (state: Channel) => state.type === 'open' && state.link === 'up';

/** Above what a commitment pays itself. */
const RAISED = 5_000n;

describe.each(BOTH_CHAINS)('fees on %s', (_, makeChain) => {
  let world: World;
  afterEach(() => world.stop());

  const broadcasts = (role: Role, purpose: string): Broadcast[] =>
    world.notices[role].filter(
      (notice): notice is Broadcast => notice.type === 'broadcast' && notice.purpose === purpose,
    );
  const accepted = (role: Role, purpose: string): Sent[] =>
    broadcasts(role, purpose).filter((each): each is Sent => each.result.accepted);
  const children = (role: Role) => accepted(role, 'anchor');
  const mineEmpty = async () => {
    await world.chain.mineExactly([]);
    await world.synced();
  };
  const raise = async (rate: bigint) => {
    await world.chain.setMinimumFeeRate(rate);
    await world.synced();
  };
  const isDone = (tx: Tx, role: Role) =>
    world.nodes[role].wallet.state().transactions[txid(tx)]?.block !== null;

  /** A unit that was delivered and attested, its buyer gone: the seller's delivery in flight. */
  const attestedAndUnpaid = async () => {
    await world.trade({ units: 1, meter: () => false });
    await Promise.all(TRADERS.map((trader) => world.channel(trader).until(isOrdered)));
    await world.synced();
    world.network.offline(world.nodes.consumer.id);
    const attested = world.channel('producer').notice('unitAttested');
    world.clock.pass(600);
    const reading = await world.nodes.producer.readMeter({ importWh: 0n, exportWh: 10n });
    await world.channel('producer').sendReading(reading);
    await attested;
    return world.channel('producer').ledger?.deliveries[0] ?? expect.fail('a delivery');
  };

  /** What all three have in confirmed coins and what was paid in fees: all there ever was. */
  const paid = (txs: readonly bigint[]) => txs.reduce((sum, fee) => sum + fee, 0n);

  it('the minimum raised above the commitment’s fee: it goes through with a child, the claims pay more, all is whole', async () => {
    world = await startWorld(await makeChain());
    await world.open();
    const funding = 3n * FIRST_COINS - ROLES.reduce((sum, role) => sum + world.coins()[role], 0n);
    await raise(RAISED);
    await world.channel('consumer').forceClose();
    await world.synced();
    expect(broadcasts('consumer', 'commitment').at(-1)?.result).toEqual({ accepted: true });
    const [child] = children('consumer');
    await world.mine();
    expect(world.channel('producer').monitor?.spend?.txid).toBe(child?.tx.inputs[0]?.txid);
    expect(child && isDone(child.tx, 'consumer')).toBe(true);
    for (let block = 0; block < 26; block++) await world.mine();
    const claims = ROLES.flatMap((role) =>
      world.notices[role].filter((notice) => notice.type === 'claiming'),
    );
    const fees = new Map(claims.map(({ tx, feeSat }) => [txid(tx), feeSat]));
    expect(fees.size).toBe(3);
    const after = ROLES.reduce((sum, role) => sum + world.coins()[role], 0n);
    const contract = world.channel('consumer').contract ?? expect.fail('a contract');
    const commitment = accepted('consumer', 'commitment')[0]?.tx ?? expect.fail('a commitment');
    const own = commitment.outputs.reduce((fee, { value }) => fee - value, BigInt(fundingValueSat(contract)));
    expect(after + paid([...fees.values()]) + own + (child?.feeSat ?? 0n)).toBe(
      3n * FIRST_COINS - funding + fundingValueSat(contract),
    );
  });

  it('fees rise while it waits: the child gives way to one that pays more, and only then', async () => {
    world = await startWorld(await makeChain());
    await world.open();
    world.network.offline(world.nodes.producer.id);
    await raise(RAISED);
    await world.channel('consumer').forceClose();
    await world.synced();
    await mineEmpty();
    await mineEmpty();
    expect(new Set(children('consumer').map(({ tx }) => txid(tx))).size).toBe(1);
    await raise(2n * RAISED);
    await mineEmpty();
    const fees = [...new Set(children('consumer').map(({ feeSat }) => feeSat))];
    expect(fees).toHaveLength(2);
    expect(fees[1]).toBeGreaterThan(fees[0] ?? 0n);
    await world.mine();
    const last = children('consumer').at(-1) ?? expect.fail('a child');
    expect(isDone(last.tx, 'consumer')).toBe(true);
    expect(world.notices.consumer.map(({ type }) => type)).not.toContain('anchorCoinsShort');
  });

  it('a seller with its preimage, blocks without room, fees five times as high: commitment and claim are in time', async () => {
    world = await startWorld(await makeChain());
    await world.open();
    const { deadline, expiry } = await attestedAndUnpaid();
    await world.mine(deadline - (await world.chain.height()));
    await raise(RAISED);
    while ((await world.chain.height()) < expiry - DELAY - 1) await mineEmpty();
    await world.mine();
    expect(world.channel('producer').monitor?.spend?.height).toBe(expiry - DELAY);
    const rising = [...new Set(children('producer').map(({ feeSat }) => feeSat))];
    expect(rising.length).toBeGreaterThanOrEqual(4);
    expect([...rising].sort((a, b) => Number(a - b))).toEqual(rising);
    while ((await world.chain.height()) < expiry) await world.mine();
    const taken = world.channel('producer').monitor?.taken ?? [];
    expect(taken).toContainEqual(
      expect.objectContaining({ by: 'producer', how: 'preimage', height: expiry }),
    );
  });

  it('an unpaid seller goes to the chain in calm times: two blocks at the estimate, then a child', async () => {
    world = await startWorld(await makeChain());
    await world.open();
    const { deadline } = await attestedAndUnpaid();
    await world.mine(deadline - (await world.chain.height()));
    expect(broadcasts('producer', 'commitment')).not.toEqual([]);
    await mineEmpty();
    expect(children('producer')).toEqual([]);
    await mineEmpty();
    expect(children('producer')).not.toEqual([]);
  });

  it('a claim that no block takes: each block’s replaces the last one’s, until the last block in which it counts', async () => {
    world = await startWorld(await makeChain());
    await world.open({ params: { resolutionMargin: 6 } });
    const { expiry, deadline } = await attestedAndUnpaid();
    await world.mine(deadline - (await world.chain.height()));
    await world.mine();
    await world.mine(DELAY - 1);
    while ((await world.chain.height()) < expiry - 1) await mineEmpty();
    const claims = world.notices.producer.filter(
      (notice): notice is Broadcast =>
        notice.type === 'broadcast' && notice.purpose.startsWith('claim: delivery'),
    );
    expect(claims.length).toBeGreaterThanOrEqual(5);
    expect(claims.map(({ result }) => result)).toEqual(claims.map(() => ({ accepted: true })));
    expect(new Set(claims.map(({ tx }) => txid(tx))).size).toBe(claims.length);
    await world.mine();
    expect(world.channel('producer').monitor?.taken).toContainEqual(
      expect.objectContaining({ by: 'producer', how: 'preimage', height: expiry }),
    );
  });

  it('the other side’s commitment confirms instead: the child is forgotten, and its coin is there again', async () => {
    world = await startWorld(await makeChain());
    await world.open();
    const before = world.coins();
    await raise(RAISED);
    await world.channel('consumer').forceClose();
    await world.channel('producer').until('settling');
    await world.synced();
    const [child] = children('consumer');
    expect(child && world.nodes.consumer.wallet.state().transactions[txid(child.tx)]).toBeDefined();
    const other = broadcasts('producer', 'commitment')[0]?.tx ?? expect.fail('a commitment of the producer');
    await world.chain.mineExactly([other]);
    await world.synced();
    expect(child && world.nodes.consumer.wallet.state().transactions[txid(child.tx)]).toBeUndefined();
    expect(world.coins()).toEqual(before);
    expect(world.nodes.consumer.wallet.balance().pendingOut).toBe(0n);
  });

  it('coins that were set aside are gone, spent with the same seed elsewhere: each block says so', async () => {
    world = await startWorld(await makeChain());
    await world.open();
    const { wallet } = world.nodes.consumer;
    const elsewhere = createWallet({
      mnemonic: mnemonicFromEntropy(new Uint8Array(16).fill(1)),
      network: 'regtest',
      chain: await world.chain.connect(),
      state: { ...wallet.state(), reserved: {} },
    });
    if (!elsewhere.ok) return expect.fail(elsewhere.error.code);
    const to = await world.nodes.utility.wallet.newAddress();
    expect(await elsewhere.value.send({ to, amount: 'all' })).toMatchObject({ ok: true });
    await world.mine();
    expect(world.notices.consumer).toContainEqual({
      type: 'anchorCoinsShort',
      neededSat: anchorReserveSat(1, 10_000n),
      availableSat: 0n,
    });
    world.network.offline(world.nodes.producer.id);
    await raise(RAISED);
    await world.channel('consumer').forceClose();
    await world.synced();
    expect(broadcasts('consumer', 'commitment').at(-1)?.result).toMatchObject({ accepted: false });
    await world.chain.fund(await wallet.newAddress(), 20_000n);
    await world.synced();
    expect(broadcasts('consumer', 'commitment').at(-1)?.result).toEqual({ accepted: true });
  });

  it('crash between two children: the node goes on with the same one', async () => {
    world = await startWorld(await makeChain());
    await world.open();
    world.network.offline(world.nodes.producer.id);
    await raise(RAISED);
    await world.channel('consumer').forceClose();
    await world.synced();
    const [first] = children('consumer');
    await world.restart('consumer');
    await mineEmpty();
    expect(new Set(children('consumer').map(({ tx }) => txid(tx)))).toEqual(
      new Set([first && txid(first.tx)]),
    );
    await raise(2n * RAISED);
    await world.restart('consumer');
    await mineEmpty();
    await world.mine();
    const last = children('consumer').at(-1) ?? expect.fail('a child');
    expect(last.feeSat).toBeGreaterThan(first?.feeSat ?? 0n);
    expect(isDone(last.tx, 'consumer')).toBe(true);
  });

  it('no coins for the anchor: the opening is refused before anything is sent, and the coins are free again', async () => {
    world = await startWorld(await makeChain());
    const contributions = { consumer: FIRST_COINS - 2_000n, producer: 100_000n, utility: 20_000n };
    const before = world.network.stats.messages;
    await expect(world.open({ contributions })).rejects.toThrow(
      /anchorCoinsShort neededSat=\d+ availableSat=\d+/,
    );
    expect(world.network.stats.messages).toBe(before);
    expect(world.nodes.consumer.wallet.balance().reserved).toBe(0n);
  });

  it('the producer has no coins for the anchor: it refuses, and says why', async () => {
    world = await startWorld(await makeChain());
    const contributions = { consumer: 500_000n, producer: FIRST_COINS - 1_000n, utility: 20_000n };
    await expect(world.open({ contributions })).rejects.toThrow('aborted');
    const [aborted] = world.notices.producer.filter((notice) => notice.type === 'aborted');
    expect(aborted?.why).toMatchObject({ code: 'refused', by: 'producer' });
    expect(aborted?.why).toHaveProperty('reason', 'anchorCoinsShort');
    await world.synced();
    expect(world.nodes.producer.wallet.balance().reserved).toBe(0n);
  });

  it('coins set aside: nothing else can spend them, not after a restart either; free again when the channel is over', async () => {
    world = await startWorld(await makeChain());
    await world.open();
    const needed = anchorReserveSat(1, 10_000n);
    for (const role of TRADERS) {
      expect(world.nodes[role].wallet.balance().reserved).toBeGreaterThanOrEqual(needed);
      await world.restart(role);
      const { wallet } = world.nodes[role];
      const spendable = wallet.balance().spendable;
      const address = await world.nodes.utility.wallet.newAddress();
      const sent = await wallet.send({ to: address, amount: sat(1_000n) });
      expect(sent.ok).toBe(spendable > 2_000n);
      expect(wallet.balance().reserved).toBeGreaterThanOrEqual(needed);
    }
    expect(world.nodes.utility.wallet.balance().reserved).toBe(0n);
    await Promise.all(TRADERS.map((trader) => world.channel(trader).until(isConnected)));
    await world.channel('consumer').close();
    await world.channel('producer').until('negotiatingClose');
    await world.synced();
    for (let block = 0; block < 100; block++) await world.mine();
    for (const role of TRADERS) {
      expect(world.channel(role).state.type).toBe('closed');
      expect(world.nodes[role].wallet.balance().reserved).toBe(0n);
    }
  });

  it('a small coin comes in: it takes the place of the large one that was set aside', async () => {
    world = await startWorld(await makeChain());
    await world.open();
    const { wallet } = world.nodes.consumer;
    const large = wallet.balance().reserved;
    await world.chain.fund(await wallet.newAddress(), 10_000n);
    await world.synced();
    expect(wallet.balance().reserved).toBe(10_000n);
    expect(wallet.balance().spendable).toBe(large);
  });

  it('a reorganisation takes the change that was set aside and gives it back: no second coin stays bound', async () => {
    world = await startWorld(await makeChain());
    const { wallet } = world.nodes.consumer;
    await world.chain.fund(await wallet.newAddress(), 2n * FIRST_COINS);
    await world.open();
    const before = wallet.balance();
    await world.chain.replace(1, []);
    await world.synced();
    expect(wallet.balance().reserved).not.toBe(before.reserved);
    await world.mine(3);
    expect(wallet.balance().confirmed).toBe(before.confirmed);
    expect(wallet.balance().reserved).toBeLessThanOrEqual(before.reserved);
  });
});

describe('a mempool that is really full', () => {
  it('thrown out or refused, the commitment goes through with a child that pays what the node asks for', async () => {
    const chain = await regtestChain({ extraArgs: ['-maxmempool=5'] });
    const world = await startWorld(chain);
    try {
      await world.open();
      await fillMempool(chain.regtest, await chain.connect());
      await world.synced();
      await world.channel('consumer').forceClose();
      await world.synced();
      const sent = world.notices.consumer.filter((notice) => notice.type === 'broadcast');
      const [child] = sent.filter(({ purpose }) => purpose === 'anchor');
      expect(child?.result).toEqual({ accepted: true });
      expect(child?.feeSat).toBeGreaterThan(2_000n);
      await world.mine();
      expect(world.channel('consumer').monitor?.spend?.txid).toBe(child?.tx.inputs[0]?.txid);
    } finally {
      await world.stop();
    }
  });
});
