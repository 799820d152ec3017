import { afterEach, describe, expect, it } from 'vitest';
import { counterpartyOf, TRADERS, type Trader } from '../../src/base/role.ts';
import { txid } from '../../src/tx/transaction.ts';
import type { MessageOf } from '../../src/wire/messages.ts';
import { signedCommitment, signerOf } from '../support/cheat.ts';
import { spyChain } from '../support/spyChain.ts';
import { simulatedTestChain, startWorld, type World } from '../support/world.ts';
import { tapped } from '../threat/tap.ts';

describe.each(TRADERS)('the %s on an old copy, and a peer that says it is the newest', (trader) => {
  const peer = counterpartyOf(trader);
  let world: World;
  /** Makes what the peer says of its state a lie, and the peer deaf to the request to close. */
  let lie: ((hello: MessageOf<'reestablish'>) => MessageOf<'reestablish'>) | undefined;
  afterEach(() => world.stop());

  const bothAt = async (n: bigint) => {
    const isThere = (each: Trader) =>
      world
        .channel(each)
        .until((s) => s.type === 'open' && s.rounds.held.ledger.n === n && s.rounds.phase.type === 'idle');
    await Promise.all(TRADERS.map(isThere));
    await world.synced();
  };

  /** The copy is of state 1, both are at state 2 since. */
  const copied = async () => {
    lie = undefined;
    world = await startWorld(simulatedTestChain(), {
      wire: (role, transport) =>
        tapped(transport, {
          heard: () => {},
          linked: () => {},
          says: (_to, message) =>
            role === peer && message.type === 'reestablish' && lie !== undefined ? lie(message) : message,
          listens: (_from, message) => role !== peer || lie === undefined || message.type !== 'error',
        }),
    });
    await world.open();
    await world.channel('consumer').transfer(10_000_000n);
    await bothAt(1n);
    const old = world.stores[trader].snapshot();
    const revoked = txid(await signedCommitment(world, trader, old));
    await world.channel('consumer').transfer(10_000_000n);
    await bothAt(2n);
    return { old, revoked };
  };

  const putBack = async (old: World['stores'][Trader]) => {
    const { contract } = world.channel(trader);
    if (contract === undefined) throw new Error('no contract');
    const lastSecret = signerOf(trader, contract).releaseSecret(0n);
    const nextPoint = signerOf(peer, contract).point(2n);
    lie = (hello) => ({ ...hello, n: 1n, secretsHeld: 1n, lastSecret, nextPoint });
    const { chain, submitted } = spyChain(await world.chain.connect());
    await world.restart(trader, old, { chain, restored: true });
    return submitted;
  };

  const expectLost = async (submitted: ReadonlySet<string>, revoked: string) => {
    await world.channel(trader).until((s) => s.type === 'settling' && s.why.code === 'dataLost');
    await world.mine(60);
    await world.channel(trader).forceClose();
    await world.mine(2);
    expect(submitted).not.toContain(revoked);
    expect(world.channel(trader).state).toMatchObject({ spentBy: null, candidates: [] });
  };

  it('the utility’s proof shows the lie: data is lost, nothing is published', async () => {
    const { old, revoked } = await copied();
    await expectLost(await putBack(old), revoked);
  });

  it('the utility comes later, and the lie was believed until then: data is lost, nothing is published', async () => {
    const { old, revoked } = await copied();
    world.network.offline(world.nodes.utility.id);
    const submitted = await putBack(old);
    await world.channel(trader).until((s) => s.type === 'open' && s.link === 'up' && s.unsure === undefined);
    world.network.online(world.nodes.utility.id);
    await expectLost(submitted, revoked);
  });
});
