import { afterEach, describe, expect, it } from 'vitest';
import { ROLES, type Role } from '../../src/base/role.ts';
import { channelTransactions } from '../../src/node/channelTransactions.ts';
import type { ChannelTx } from '../../src/penalty/history.ts';
import { outputScript } from '../../src/tx/outputs.ts';
import { txid } from '../../src/tx/transaction.ts';
import { signedCommitment } from '../support/cheat.ts';
import { BOTH_CHAINS, simulatedTestChain, startWorld, type World } from '../support/world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

/** What each party's node says of the channel's transactions, each checked against the chain. */
async function told(at: World): Promise<{ readonly [R in Role]: readonly ChannelTx[] }> {
  const chain = await at.chain.connect();
  const answers: { [R in Role]?: readonly ChannelTx[] } = {};
  for (const role of ROLES) {
    const found = await channelTransactions(at.channel(role), chain, at.nodes[role].wallet.state());
    expect(found.missing).toEqual([]);
    for (const each of found.transactions) {
      const hash = each.height === null ? undefined : await chain.blockHash(each.height);
      const there = await chain.transaction(each.txid, hash);
      expect(there).toEqual({ tx: each.tx, feeSat: each.feeSat });
      expect(txid(each.tx)).toBe(each.txid);
      for (const { spec, script } of each.outputs)
        if (spec !== null) expect(outputScript(spec)).toEqual(script);
      if (each.height === null) continue;
      for (const { vout, spentBy } of each.outputs) {
        const unspent = await chain.unspentOutput({ txid: each.txid, vout });
        const spender = found.transactions.find((other) => other.txid === spentBy);
        if (spender?.height !== null && spender !== undefined) expect(unspent).toBeUndefined();
        if (spentBy === null && each.kind !== 'funding')
          expect([each.kind, vout, unspent !== undefined]).toEqual([each.kind, vout, true]);
      }
    }
    answers[role] = found.transactions;
  }
  await chain.close();
  return answers as { readonly [R in Role]: readonly ChannelTx[] };
}

type Outline = readonly [kind: string, standing: string, by: string | null, outputs: string];

/** What each transaction is, and for each output what and whose it is; change is known to its owner alone. */
function outline(txs: readonly ChannelTx[]): readonly Outline[] {
  return txs.map(({ kind, standing, broadcaster, outputs }): Outline => {
    const meanings = outputs.map(({ what, owner }) =>
      owner === null || what === 'change' ? what : `${what} ${owner}`,
    );
    return [kind, standing, broadcaster, meanings.sort().join(', ')];
  });
}

/** Checks that all three tell the same, and that it is this; then again, each from what its store holds. */
async function expectOutline(at: World, wanted: readonly Outline[]): Promise<void> {
  const before = await told(at);
  for (const role of ROLES) expect([role, outline(before[role])]).toEqual([role, wanted]);
  for (const role of ROLES) await at.restart(role);
  await at.synced();
  expect(await told(at)).toEqual(before);
}

const FUNDING: Outline = ['funding', 'confirmed', null, 'change, change, change, funding'];
const PAYOUTS = 'payout consumer, payout producer, payout utility';
const COMMITMENT =
  'anchor, delivery utility, toBroadcaster consumer, toCounterparty producer, toUtility utility';

describe.each(BOTH_CHAINS)('the transactions of a channel, on %s', (_, makeChain) => {
  it('closed together: the funding and the close, wherever it is', async () => {
    world = await startWorld(await makeChain(), { policy: { resolvedDepth: 2 } });
    await world.open();
    await world.channel('consumer').close();
    await world.synced();
    await expectOutline(world, [FUNDING, ['close', 'mempool', null, PAYOUTS]]);
    await world.mine(3);
    expect(ROLES.map((role) => world?.channel(role).state.type)).toEqual(['closed', 'closed', 'closed']);
    await expectOutline(world, [FUNDING, ['close', 'confirmed', null, PAYOUTS]]);
  });
});

describe('the transactions of a channel', () => {
  it('not confirmed: the funding alone, and what was never funded has none', async () => {
    world = await startWorld();
    const { nodes, chain } = world;
    const handle = await nodes.consumer.open({
      producer: nodes.producer.id,
      utility: nodes.utility.id,
      contributions: { consumer: 100_000n, producer: 20_000n, utility: 0n },
      settlementHeight: (await chain.height()) + 400,
    });
    await handle.until('awaitingFunding');
    await world.synced();
    await expectOutline(world, [['funding', 'mempool', null, 'change, change, funding']]);
    const connection = await chain.connect();
    const nothing = { state: handle.state, monitor: null, knowledge: undefined };
    expect(await channelTransactions(nothing, connection, nodes.consumer.wallet.state())).toEqual({
      transactions: [],
      missing: [],
    });
    await connection.close();
  });

  it('a unit in flight when its buyer goes to the chain: the commitment and each claim, also when all is over', async () => {
    world = await startWorld(simulatedTestChain(), { policy: { resolvedDepth: 2 } });
    await world.open();
    await world.trade({ units: 1, meter: () => false });
    await world.channel('producer').notice('unitOrdered');
    await world.synced();
    await world.channel('consumer').forceClose();
    await world.synced();
    const waiting = COMMITMENT.replace('delivery utility', 'delivery');
    const sent = await told(world);
    for (const txs of Object.values(sent))
      expect(outline(txs)).toEqual([FUNDING, ['commitment', 'mempool', 'consumer', waiting]]);
    const { n } = sent.utility[1] as ChannelTx;
    expect(n).toBe(world.channel('consumer').ledger?.n);
    await world.mine(200);
    await world.mine(3);
    const claims = (['producer', 'utility', 'consumer', 'utility'] as const).map(
      (by): Outline => ['claim', 'confirmed', by, `payout ${by}`],
    );
    const before = await told(world);
    expect(ROLES.map((role) => world?.channel(role).state.type)).toEqual(['closed', 'closed', 'closed']);
    for (const txs of Object.values(before)) {
      const [funding, commitment, ...rest] = outline(txs);
      expect([funding, commitment]).toEqual([FUNDING, ['commitment', 'confirmed', 'consumer', COMMITMENT]]);
      expect([...rest].sort()).toEqual([...claims].sort());
    }
    for (const role of ROLES) await world.restart(role);
    await world.synced();
    expect(await told(world)).toEqual(before);
  });

  it('an old state that is published: a breach, and the justice that takes it', async () => {
    world = await startWorld();
    await world.open();
    await world.trade({ units: 2, meter: (unit) => unit < 1n });
    await world.channel('producer').notice('unitOrdered');
    const old = world.stores.consumer.snapshot();
    await world.channel('producer').notice('unitOrdered', ({ delivery }) => delivery.unit === 1n);
    await world.synced();
    await world.chain.mineExactly([await signedCommitment(world, 'consumer', old)]);
    await world.mine();
    const txs = await told(world);
    for (const each of Object.values(txs)) {
      const [, breach, ...answers] = outline(each);
      expect(breach).toEqual([
        ...['revokedCommitment', 'confirmed', 'consumer'],
        'anchor, delivery producer, toBroadcaster producer, toCounterparty producer, toUtility utility',
      ]);
      expect(answers.map(([kind, , by]) => `${kind} ${by}`).sort()).toEqual([
        ...['claim producer', 'claim producer', 'claim utility', 'justice producer'],
      ]);
    }
  });
});
