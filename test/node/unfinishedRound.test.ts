import { afterEach, describe, expect, it } from 'vitest';
import { invariant } from '../../src/base/invariant.ts';
import { counterpartyOf, ROLES, TRADERS, type Trader } from '../../src/base/role.ts';
import type { Ledger } from '../../src/channel/ledger.ts';
import { childCost, claimFees, isTaken } from '../support/accounts.ts';
import { BOTH_CHAINS, startWorld, type World } from '../support/world.ts';
import { tapped } from '../threat/tap.ts';

const MOST_BLOCKS = 60;

describe.each(BOTH_CHAINS)('a commitment of a round that never ended, on %s', (_, makeChain) => {
  let world: World;
  /** Whose acceptance, and whose word that it goes to the chain, gets lost. */
  let unheard: Trader | undefined;
  afterEach(() => world.stop());

  const open = async () => {
    unheard = undefined;
    world = await startWorld(await makeChain(), {
      wire: (role, transport) =>
        tapped(transport, {
          heard: () => {},
          linked: () => {},
          says: (_peer, message) =>
            role === unheard && (message.type === 'accept_update' || message.type === 'error')
              ? null
              : message,
        }),
    });
    await world.open();
  };

  /** Waits until `acceptor` has given its old commitment up for one that the proposer does not know to be accepted. */
  const accepted = async (acceptor: Trader): Promise<Ledger> => {
    const state = await world
      .channel(acceptor)
      .until((s) => s.type === 'open' && s.rounds.phase.type === 'accepting');
    invariant(state.type === 'open', 'it waits for the proposer');
    await world.synced();
    const proposer = world.channel(counterpartyOf(acceptor)).state;
    expect(proposer).toMatchObject({ type: 'open', rounds: { phase: { type: 'proposing' } } });
    return state.rounds.held.ledger;
  };

  const publish = async (acceptor: Trader) => {
    const seen = world.channel('utility').notice('chain', ({ notice }) => notice.type === 'fundingSpent');
    await world.channel(acceptor).forceClose();
    await world.synced();
    await world.mine();
    await seen;
  };

  const expectNoBreach = (proposer: Trader) => {
    expect(world.channel(proposer).state).toMatchObject({
      type: 'settling',
      why: { code: 'spent', spend: 'peerNext' },
      breach: null,
    });
    for (const role of ROLES) expect(world.notices[role].map(({ type }) => type)).not.toContain('breach');
  };

  /** What each has more than `before`, once everything is taken, and the fees that it paid for that. */
  const ended = async (before: ReturnType<World['coins']>, acceptor: Trader) => {
    for (let mined = 0; !isTaken(world); mined++) {
      invariant(mined < MOST_BLOCKS, 'an output that nobody takes');
      await world.mine();
    }
    const after = world.coins();
    const cost = (role: (typeof ROLES)[number]) =>
      claimFees(world, role) + (role === acceptor ? childCost(world, role) : 0n);
    const gained = (role: (typeof ROLES)[number]) => after[role] - before[role] + cost(role);
    return { consumer: gained('consumer'), producer: gained('producer'), utility: gained('utility') };
  };

  const balances = ({ consumerMsat, producerMsat, utilityMsat }: Ledger) => ({
    consumer: consumerMsat / 1000n,
    producer: producerMsat / 1000n,
    utility: utilityMsat / 1000n,
  });

  it.each(TRADERS)('a payment that the %s proposed: it counts, to the satoshi', async (proposer) => {
    await open();
    const before = world.coins();
    const acceptor = counterpartyOf(proposer);
    unheard = acceptor;
    await world.channel(proposer).transfer(30_000_000n);
    const next = await accepted(acceptor);
    expect(balances(next)[acceptor]).toBe({ consumer: 530_000n, producer: 130_000n }[acceptor]);
    await publish(acceptor);
    expectNoBreach(proposer);
    expect(await ended(before, acceptor)).toEqual(balances(next));
  });

  it('a payment of a proposer that is away when it is published: it counts, to the satoshi', async () => {
    await open();
    const before = world.coins();
    unheard = 'producer';
    await world.channel('consumer').transfer(30_000_000n);
    const next = await accepted('producer');
    await world.nodes.consumer.stop();
    await world.channel('producer').forceClose();
    await world.nodes.producer.synced();
    await world.chain.mine(3);
    await world.restart('consumer');
    await world.synced();
    expectNoBreach('consumer');
    expect(await ended(before, 'producer')).toEqual(balances(next));
  });

  it('an order that is not delivered: payment and bond are the utility’s', async () => {
    await open();
    const before = world.coins();
    unheard = 'producer';
    await world.trade({ units: 1, meter: () => false });
    const next = await accepted('producer');
    const [delivery] = next.deliveries;
    invariant(delivery !== undefined, 'the order');
    await publish('producer');
    expectNoBreach('consumer');
    const { consumer, producer, utility } = balances(next);
    const locked = (delivery.paymentMsat + delivery.bondMsat) / 1000n;
    expect(await ended(before, 'producer')).toEqual({ consumer, producer, utility: utility + locked });
  });

  it('an order that is delivered once it is final on the chain: payment and bond are the seller’s', async () => {
    await open();
    const before = world.coins();
    unheard = 'producer';
    await world.trade({ units: 1 });
    const next = await accepted('producer');
    const [delivery] = next.deliveries;
    invariant(delivery !== undefined, 'the order');
    const attested = world.channel('producer').notice('unitAttested');
    await publish('producer');
    expectNoBreach('consumer');
    await attested;
    const { consumer, producer, utility } = balances(next);
    const locked = (delivery.paymentMsat + delivery.bondMsat) / 1000n;
    expect(await ended(before, 'producer')).toEqual({ consumer, producer: producer + locked, utility });
  });

  it('a settlement: the seller is paid, the utility has its grid fee', async () => {
    await open();
    const before = world.coins();
    await world.trade({ units: 1, meter: () => false });
    for (const trader of TRADERS)
      await world
        .channel(trader)
        .until((s) => s.type === 'open' && s.rounds.held.ledger.n === 1n && s.rounds.phase.type === 'idle');
    await world.synced();
    unheard = 'producer';
    world.clock.pass(600);
    await world.channel('producer').readMeter({ importWh: 0n, exportWh: 10n });
    const next = await accepted('producer');
    expect(next.deliveries).toEqual([]);
    expect(balances(next)).toEqual({ consumer: 499_000n, producer: 100_980n, utility: 20_020n });
    await publish('producer');
    expectNoBreach('consumer');
    expect(await ended(before, 'producer')).toEqual(balances(next));
  });
});
