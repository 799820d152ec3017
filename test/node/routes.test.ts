import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../src/base/role.ts';
import type { BondPolicy, ChannelParams } from '../../src/tx/contract.ts';
import { childCost, claimFees, isTaken } from '../support/accounts.ts';
import {
  regtestChain,
  simulatedTestChain,
  startWorld,
  type TestChain,
  UNIT_WH,
  type World,
} from '../support/world.ts';

/**
 * The three ways in which a delivery that did not come ends (protocol section 9), under both kinds of arbitration, with
 * one and with several in flight, some of them delivered. Whoever is to get what is worked out here from the terms.
 */
const ROUTES = ['round', 'arbitration', 'commitment'] as const;
const MODES = ['immediate', 'afterHeight'] as const;
const FLIGHTS: readonly {
  readonly name: string;
  readonly bondPolicy: BondPolicy;
  readonly units: number;
  readonly delivered: number;
}[] = [
  { name: 'stake, one missed', bondPolicy: { type: 'stake' }, units: 1, delivered: 0 },
  {
    name: 'proportional, one missed',
    bondPolicy: { type: 'proportional', bondPpm: 500_000 },
    units: 1,
    delivered: 0,
  },
  {
    name: 'proportional, one delivered and two missed',
    bondPolicy: { type: 'proportional', bondPpm: 500_000 },
    units: 3,
    delivered: 1,
  },
];
type Flight = (typeof FLIGHTS)[number];

const CASES = ROUTES.flatMap((route) =>
  MODES.flatMap((mode) => FLIGHTS.map((flight) => ({ route, mode, flight }))),
).map((each, index) => ({ ...each, index, name: `${each.route}, ${each.mode}, ${each.flight.name}` }));

/** Each route under each mode, with one flight; each flight twice. */
const SAMPLE = CASES.filter(({ route, mode, flight }) => {
  const turn = ROUTES.indexOf(route) + MODES.indexOf(mode);
  return flight === FLIGHTS[turn % FLIGHTS.length];
});

const CONTRIBUTIONS = { consumer: 500_000n, producer: 100_000n, utility: 20_000n };
/** Satoshi: a unit costs 10 Wh at 500,000 msat; 2 % of it is the grid fee. */
const PRICE = 5_000n;
const GRID_FEE = 100n;
const RESERVE = 1_000n;
const FEE = 700n;
const commitmentReserve = ({ units }: Flight) => 540n + 43n * BigInt(units);

/** Bond of one unit: half the price, or all that the seller has above its reserve. */
function bondOf({ bondPolicy }: Flight): bigint {
  return bondPolicy.type === 'stake' ? CONTRIBUTIONS.producer - RESERVE : PRICE / 2n;
}

/** What each has in the end, before the fees of the transactions that bring it there. */
function owed(flight: Flight, gridFee = GRID_FEE): { [R in Role]: bigint } {
  const delivered = BigInt(flight.delivered);
  const missed = BigInt(flight.units) - delivered;
  const bond = bondOf(flight);
  return {
    consumer: CONTRIBUTIONS.consumer - PRICE * BigInt(flight.units),
    producer: CONTRIBUTIONS.producer + (PRICE - gridFee) * delivered - bond * missed,
    utility: CONTRIBUTIONS.utility + gridFee * delivered + (PRICE + bond) * missed,
  };
}

const chains: readonly [string, typeof CASES, () => Promise<TestChain>][] = [
  ['the simulated chain', CASES, async () => simulatedTestChain()],
  ['a real node', SAMPLE, () => regtestChain()],
];

describe.each(chains)('a delivery that does not come, on %s', (_, cases, makeChain) => {
  let chain: TestChain;
  beforeAll(async () => {
    chain = await makeChain();
  });
  afterAll(() => chain.stop());

  it.each(cases)(
    '$name: everyone ends with what is theirs, to the satoshi',
    async ({ route, mode, flight, index }) => {
      const world = await startWorld({ ...chain, stop: async () => {} }, { wallets: index });
      try {
        await inFlight(world, mode, flight);
        const before = world.coins();
        const gained = (role: Role) => world.coins()[role] - before[role];
        const expected = await ROUTE[route](world, flight);
        expect({
          consumer: gained('consumer'),
          producer: gained('producer'),
          utility: gained('utility'),
        }).toEqual(expected);
      } finally {
        await world.stop();
      }
    },
  );
});

/** All units ordered and final, the delivered ones attested; then the producer is gone, but for its chain. */
async function inFlight(world: World, mode: (typeof MODES)[number], flight: Flight): Promise<void> {
  const settlementHeight = (await world.chain.height()) + 80;
  const params: Partial<ChannelParams> = {
    arbitration: mode === 'immediate' ? { type: mode } : { type: mode, height: settlementHeight },
    bondPolicy: flight.bondPolicy,
    maxInFlight: flight.units,
  };
  await world.open({ contributions: CONTRIBUTIONS, settlementHeight, params });
  await world.trade({ units: flight.units, msatPerWh: 500_000n, meter: () => false });
  for (const trader of ['consumer', 'producer'] as const)
    await world.channel(trader).until((state) => {
      if (state.type !== 'open' || state.rounds.phase.type !== 'idle') return false;
      return state.rounds.held.ledger.deliveries.length === flight.units;
    });
  await world.synced();
  world.network.offline(world.nodes.consumer.id);
  if (flight.delivered > 0) {
    const attested = world.channel('producer').notice('unitAttested');
    world.clock.pass(600);
    const exportWh = BigInt(flight.delivered * UNIT_WH);
    await world.channel('producer').readMeter({ importWh: 0n, exportWh });
    await attested;
  }
  world.network.offline(world.nodes.producer.id);
  world.network.online(world.nodes.consumer.id);
  if (flight.delivered > 0)
    await world.channel('consumer').until((state) => 'market' in state && state.market.preimages.length > 0);
  await world.synced();
}

/** Mines block by block until `done`, at most `limit` blocks. */
async function mineUntil(
  world: World,
  done: () => boolean,
  mine: () => Promise<void> = () => world.mine(),
): Promise<void> {
  for (let mined = 0; !done(); mined++) {
    if (mined === MOST_BLOCKS) throw new Error(`nothing after ${MOST_BLOCKS} blocks`);
    await mine();
  }
}

const MOST_BLOCKS = 140;

/** A block that a stopped producer does not see. */
async function mineForTwo(world: World): Promise<void> {
  await world.chain.mine(1);
  await world.network.idle();
  await Promise.all([world.nodes.consumer.synced(), world.nodes.utility.synced()]);
}

const ROUTE: {
  [R in (typeof ROUTES)[number]]: (world: World, flight: Flight) => Promise<{ [P in Role]: bigint }>;
} = {
  round: async (world, flight) => {
    world.network.online(world.nodes.producer.id);
    await mineUntil(world, () => world.channel('consumer').ledger?.deliveries.length === 0);
    await world
      .channel('consumer')
      .until((state) => state.type === 'open' && state.rounds.phase.type === 'idle');
    const { consumerMsat, producerMsat, utilityMsat } = world.channel('consumer').ledger ?? {};
    const { consumer, producer, utility } = owed(flight);
    expect([consumerMsat, producerMsat, utilityMsat]).toEqual([
      consumer * 1000n,
      producer * 1000n,
      utility * 1000n,
    ]);
    const closed = world.channel('consumer').notice('broadcast', ({ purpose }) => purpose === 'close');
    await world.channel('consumer').close();
    const { tx } = await closed;
    await world.mine(2);
    const paid = tx.outputs.reduce((sum, { value }) => sum + value, 0n);
    const fee =
      CONTRIBUTIONS.consumer +
      CONTRIBUTIONS.producer +
      CONTRIBUTIONS.utility +
      commitmentReserve(flight) -
      paid;
    return { ...owed(flight), consumer: consumer + commitmentReserve(flight) - fee };
  },
  arbitration: async (world, flight) => {
    // a producer that still follows the chain goes there at its own deadlines, and nothing is left to arbitrate
    await world.nodes.producer.stop();
    await world.channel('consumer').requestArbitration(FEE);
    const isPublished = () =>
      world.notices.consumer.some(
        (notice) => notice.type === 'broadcast' && notice.purpose === 'penalty' && notice.result.accepted,
      );
    await mineUntil(world, isPublished, () => mineForTwo(world));
    await mineForTwo(world);
    await world.restart('producer');
    await world.synced();
    const { consumer, producer, utility } = owed(flight);
    const reserve = commitmentReserve(flight);
    const fromReserve = FEE < reserve ? FEE : reserve;
    return {
      consumer: consumer + reserve - fromReserve,
      producer,
      utility: utility - (FEE - fromReserve),
    };
  },
  commitment: async (world, flight) => {
    await world.channel('consumer').forceClose();
    await mineUntil(world, () => isTaken(world));
    await world.mine(2);
    const { consumer, producer, utility } = owed(flight, 0n); // a preimage on the chain takes the whole output
    return {
      consumer: consumer - claimFees(world, 'consumer') - childCost(world, 'consumer'),
      producer: producer - claimFees(world, 'producer'),
      utility: utility - claimFees(world, 'utility'),
    };
  },
};
