import { afterEach, describe, expect, it } from 'vitest';
import { ROLES, type Role } from '../../src/base/role.ts';
import { channelTransactions } from '../../src/node/channelTransactions.ts';
import { previewClose } from '../../src/node/closePreview.ts';
import { defaultParams } from '../../src/node/options.ts';
import type { ChannelTx } from '../../src/penalty/history.ts';
import { simulatedTestChain, startWorld, type World } from '../support/world.ts';

const RATE = 1000n;

let world: World;
afterEach(() => world.stop());

function preview(role: Role, feeRate = RATE) {
  const { state, knowledge } = world.channel(role);
  const found = previewClose(state, knowledge, feeRate);
  if (!found.ok) throw new Error(found.error.code);
  return found.value;
}

/** The channel's transactions after its funding, as the utility sees them. */
async function ending(): Promise<readonly ChannelTx[]> {
  const chain = await world.chain.connect();
  const found = await channelTransactions(
    world.channel('utility'),
    chain,
    world.nodes.utility.wallet.state(),
  );
  await chain.close();
  return found.transactions.slice(1);
}

async function traded(units: number, meter: (unit: bigint) => boolean): Promise<void> {
  await world.open();
  const last = world
    .channel('producer')
    .notice('unitOrdered', ({ delivery }) => delivery.unit === BigInt(units - 1));
  await world.trade({ units, meter });
  await last;
  await world.synced();
}

describe('what closing would pay', () => {
  it.each([
    ['consumer', 1000n],
    ['producer', 9000n],
  ] as const)(
    'closed by the %s at %d sat/kvB: to the satoshi what the chain then pays',
    async (closer, rate) => {
      world = await startWorld();
      const settled = world.channel;
      await traded(2, () => true);
      if (settled('consumer').ledger?.deliveries.length !== 0) throw new Error('a unit is in flight');
      await world.channel('consumer').transfer(1_234_567n);
      await world.synced();
      const { cooperative } = preview(closer, rate);
      await world.channel(closer).close({ feeRate: rate });
      await world.synced();
      const [close] = await ending();
      expect(close).toMatchObject({ kind: 'close', feeSat: cooperative?.feeSat });
      for (const { owner, value } of close?.outputs ?? [])
        expect([owner, value]).toEqual([owner, cooperative?.paidSat[owner as Role]]);
      expect(close?.outputs).toHaveLength(ROLES.filter((role) => cooperative?.paidSat[role] !== 0n).length);
      expect(cooperative?.undecidedSat).toBe(0n);
    },
  );

  it('alone, with units in flight: each output at the block from which it can be claimed', async () => {
    world = await startWorld(simulatedTestChain(), { policy: { resolvedDepth: 1000 } });
    const { toSelfDelay } = defaultParams('', 1);
    await world.open({
      params: { toSelfDelay: { ...toSelfDelay, consumer: 3 }, deliveryWindow: 6, resolutionMargin: 2 },
    });
    const ordered = world.channel('producer').notice('unitOrdered');
    await world.trade({ units: 1, meter: () => false });
    await ordered;
    await world.synced();
    const seen = preview('consumer');
    expect(seen.cooperative?.undecidedSat).toBeGreaterThan(0n);
    expect(preview('utility').cooperative).toBeNull();
    expect(preview('utility').unilateral).toEqual(
      preview(preview('utility').unilateral?.broadcaster as Role).unilateral,
    );
    await world.channel('consumer').forceClose();
    await world.synced();
    await world.mine();
    const { unilateral } = seen;
    const [commitment] = await ending();
    expect(commitment).toMatchObject({ kind: 'commitment', n: unilateral?.n, feeSat: unilateral?.feeSat });
    expect(commitment?.outputs.map(({ what, value }) => [what, value])).toEqual(
      unilateral?.outputs.map(({ what, amountSat }) => [what, amountSat]),
    );
    expect(preview('consumer')).toEqual({ cooperative: null, unilateral: null });
    const height = commitment?.height ?? 0;
    const delivery = unilateral?.outputs.find(({ what }) => what === 'delivery');
    const late = (delivery?.fromHeight ?? 0) - 1;
    await world.mine();
    await world.mine();
    await world.mine();
    await world.mine(late - height - 3);
    await world.mine();
    const claims = (await ending()).slice(1);
    for (const { what, role, delayBlocks, fromHeight } of unilateral?.outputs ?? []) {
      const claim = claims.find((each) => each.inputs.some((input) => input.what === what));
      if (what === 'anchor') expect(claim).toBeUndefined();
      else if (what === 'delivery')
        expect([role, claim?.broadcaster, claim?.height]).toEqual([null, 'utility', fromHeight]);
      else
        expect([what, claim?.broadcaster, claim?.height]).toEqual([what, role, height + (delayBlocks ?? 0)]);
    }
  });

  it('a fee rate under the least, or a fee that this trader does not have, is refused by name', async () => {
    world = await startWorld();
    await world.open();
    const { state, knowledge } = world.channel('producer');
    expect(previewClose(state, knowledge, 999n)).toMatchObject({
      error: { code: 'feeRateTooLow', least: 1000n },
    });
    expect(previewClose(state, knowledge, 10n ** 7n)).toMatchObject({ error: { code: 'feeTooHigh' } });
  });
});
