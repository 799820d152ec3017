import { afterEach, describe, expect, it } from 'vitest';
import { counterpartyOf, TRADERS, type Trader } from '../../src/base/role.ts';
import type { MemoryStore } from '../../src/store/memory.ts';
import { txid } from '../../src/tx/transaction.ts';
import { signedCommitment } from '../support/cheat.ts';
import { spyChain } from '../support/spyChain.ts';
import { BOTH_CHAINS, FIRST_COINS, simulatedTestChain, startWorld, type World } from '../support/world.ts';

/** A claim's fee, and what rounding leaves. */
const CLAIM_FEE = 500n;

interface Copied {
  readonly old: MemoryStore;
  /** Id of the commitment that the copy takes for its newest, revoked by now. */
  readonly revoked: string;
  readonly before: { readonly [R in Trader]: bigint };
}

/** An open channel with a unit in flight, a copy of the trader's database then, and more trade after it. */
async function copiedWorld(world: World, trader: Trader): Promise<Copied> {
  await world.open();
  const before = world.coins();
  await world.trade({ units: 1, meter: () => false });
  await Promise.all(
    TRADERS.map((each) =>
      world
        .channel(each)
        .until((s) => s.type === 'open' && s.rounds.held.ledger.n === 1n && s.rounds.phase.type === 'idle'),
    ),
  );
  await world.synced();
  const old = world.stores[trader].snapshot();
  const revoked = txid(await signedCommitment(world, trader, old));
  const settled = world.channel('consumer').notice('unitSettled');
  world.clock.pass(600);
  await world
    .channel('producer')
    .sendReading(await world.nodes.producer.readMeter({ importWh: 0n, exportWh: 10n }));
  await settled;
  await world.synced();
  return { old, revoked, before };
}

/** Puts the copy in the trader's place; says what its node submits from then on. */
async function putBack(world: World, trader: Trader, old: MemoryStore, restored = true) {
  const { chain, submitted } = spyChain(await world.chain.connect());
  await world.restart(trader, old, { chain, ...(restored ? { restored: true } : {}) });
  return submitted;
}

function owed(world: World, trader: Trader, of: Trader): bigint {
  const ledger = world.channel(of).ledger;
  if (ledger === undefined) throw new Error('no ledger');
  return ledger[`${trader}Msat`] / 1000n;
}

const isLost = (state: { type: string; why?: { code: string } }) =>
  state.type === 'settling' && state.why?.code === 'dataLost';

describe.each(BOTH_CHAINS)('a trader on an old copy of its database, on %s', (_, makeChain) => {
  let world: World;
  afterEach(() => world.stop());

  it.each(TRADERS)('%s notices on reconnect, asks the peer to close, and is whole', async (trader) => {
    world = await startWorld(await makeChain());
    const { old, revoked, before } = await copiedWorld(world, trader);
    const peer = counterpartyOf(trader);
    const share = owed(world, trader, peer);
    const closing = world.channel(peer).notice('settling');
    const submitted = await putBack(world, trader, old, false);
    await world.channel(trader).until(isLost);
    expect((await closing).why.code).toBe('peerFailed');
    await world.mine(20);
    await world.mine(30);
    await world.mine(2);
    expect(submitted).not.toContain(revoked);
    expect(world.coins()[trader] - before[trader]).toBeGreaterThanOrEqual(share - CLAIM_FEE);
    expect(world.channel('utility').state).toMatchObject({ type: 'settling' });
  });

  it.each(TRADERS)(
    '%s, alone beyond all its deadlines before it reconnects and after: nothing revoked is ever sent',
    async (trader) => {
      world = await startWorld(await makeChain());
      const { old, revoked, before } = await copiedWorld(world, trader);
      const peer = counterpartyOf(trader);
      const share = owed(world, trader, peer);
      world.network.offline(world.nodes[trader].id);
      const submitted = await putBack(world, trader, old);
      await world.mine(60);
      expect(world.channel(trader).state).toMatchObject({ unsure: true });
      world.network.online(world.nodes[trader].id);
      await world.channel(trader).until(isLost);
      await world.channel(peer).until('settling');
      await world.mine(30);
      await world.mine(2);
      expect(submitted).not.toContain(revoked);
      expect(world.coins()[trader] - before[trader]).toBeGreaterThanOrEqual(share - CLAIM_FEE);
    },
  );

  it.each(TRADERS)('%s, and a peer that says nothing: the utility shows the truth', async (trader) => {
    world = await startWorld(await makeChain());
    const { old, revoked } = await copiedWorld(world, trader);
    world.network.offline(world.nodes[counterpartyOf(trader)].id);
    const submitted = await putBack(world, trader, old);
    await world.channel(trader).until(isLost);
    await world.mine(60);
    expect(submitted).not.toContain(revoked);
    expect(await world.channel(trader).forceClose()).toMatchObject({ ok: false });
    await world.mine(1);
    expect(submitted).not.toContain(revoked);
  });
});

describe('a copy that is not old after all', () => {
  let world: World;
  afterEach(() => world.stop());

  /** A copy of the newest database, in place, with nobody to talk to. */
  const alone = async (trader: Trader) => {
    world = await startWorld(simulatedTestChain());
    await world.open();
    const settled = world.channel('consumer').notice('unitSettled');
    await world.trade({ units: 1 });
    await settled;
    await world.synced();
    const newest = world.stores[trader].snapshot();
    const commitment = txid(await signedCommitment(world, trader, newest));
    for (const other of ['utility', counterpartyOf(trader)] as const)
      world.network.offline(world.nodes[other].id);
    return { commitment, submitted: await putBack(world, trader, newest) };
  };

  it('the application asks to close: nothing is sent, also after another restart', async () => {
    const { commitment, submitted } = await alone('consumer');
    await world.channel('consumer').forceClose();
    await world.mine(2);
    expect(world.channel('consumer').state).toMatchObject({ type: 'settling', unsure: true });
    const again = await putBack(world, 'consumer', world.stores.consumer.snapshot(), false);
    await world.mine(2);
    expect([...submitted, ...again]).not.toContain(commitment);
  });

  it.each(['utility', 'producer'] as const)('the %s shows that it is the newest: it is sent', async (who) => {
    const { commitment, submitted } = await alone('consumer');
    await world.channel('consumer').forceClose();
    const closing = world.channel('consumer').notice('broadcast', ({ purpose }) => purpose === 'commitment');
    world.network.online(world.nodes[who].id);
    await closing;
    expect(submitted).toContain(commitment);
  });

  it('both greet it: trade goes on', async () => {
    await alone('consumer');
    for (const who of ['utility', 'producer'] as const) world.network.online(world.nodes[who].id);
    await world
      .channel('consumer')
      .until((s) => s.type === 'open' && s.unsure === undefined && s.link === 'up');
    const settled = world.channel('consumer').notice('unitSettled');
    await world.channel('consumer').buy(1);
    world.clock.pass(600);
    await world
      .channel('producer')
      .until((s) => s.type === 'open' && s.rounds.held.ledger.deliveries.length === 1);
    await settled;
  });
});

describe('a node on a copy from before its newest channel', () => {
  let world: World;
  afterEach(() => world.stop());

  it('declared: neither the keys of that channel nor the numbers of its readings are used again', async () => {
    world = await startWorld(simulatedTestChain(), {
      policy: { anchorReserveFeeRate: 0n },
      node: () => ({ entropy: (length) => crypto.getRandomValues(new Uint8Array(length)) }),
    });
    const contributions = { consumer: 200_000n, producer: 0n, utility: 0n };
    const { wallet } = world.nodes.consumer;
    for (let coin = 0; coin < 8; coin++) await world.chain.fund(await wallet.newAddress(), FIRST_COINS);
    await world.synced();
    await world.open({ contributions });
    const old = world.stores.consumer.snapshot();
    const forgotten = await world.open({ contributions });
    const registers = { importWh: 0n, exportWh: 0n };
    const reading = await world.nodes.consumer.readMeter(registers);
    world.clock.pass(600);
    await world.restart('consumer', old, { restored: true });
    const after = await world.nodes.consumer.readMeter(registers);
    expect(after.body.sequence > reading.body.sequence).toBe(true);
    const next = await world.open({ contributions });
    expect(next.key).not.toBe(forgotten.key);
    await world.restart('consumer', undefined, { restored: true });
    const last = await world.open({ contributions });
    expect(Number(last.key)).toBeGreaterThan(Number(next.key));
  });
});
