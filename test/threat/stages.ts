import type { Role } from '../../src/base/role.ts';
import { honestIn } from './coalition.ts';
import { DELAY, TRADED_UNITS } from './fixture.ts';
import type { ThreatWorld } from './world.ts';

export type StageName =
  | 'proposed'
  | 'opening'
  | 'idle'
  | 'ordered'
  | 'delivered'
  | 'attested'
  | 'refused'
  | 'closing'
  | 'afterT'
  | 'away'
  | 'awayLong'
  | 'awayPastT';

/** A point in a channel's life at which a coalition turns on the others. */
export interface Stage {
  readonly name: StageName;
  /** For the table. */
  readonly title: string;
  /** What has happened when the coalition turns. The members may have prepared for it. */
  readonly reach: (world: ThreatWorld, members: readonly Role[]) => Promise<void>;
  /** What the honest parties and the network do then, besides what their nodes do by themselves. */
  readonly afterwards?: (world: ThreatWorld, members: readonly Role[]) => Promise<void>;
}

/** The unit that is in flight in the stages that have one. */
export const UNIT = BigInt(TRADED_UNITS);

/** Two units ordered, delivered, attested and paid: four states, three of them revoked. */
async function traded(world: ThreatWorld): Promise<void> {
  await world.open();
  await world.makeMarket();
  await world.buy(TRADED_UNITS);
}

async function inFlight(world: ThreatWorld): Promise<void> {
  await traded(world);
  await world.buy(1, () => false);
}

/** The network between two honest parties is up again. */
async function healed(world: ThreatWorld, members: readonly Role[], a: Role, b: Role): Promise<void> {
  if (!members.includes(a) && !members.includes(b)) await world.heal(a, b);
}

async function honestAway(world: ThreatWorld, members: readonly Role[], until: number): Promise<void> {
  for (const role of honestIn(members)) if (role !== 'utility') await world.away(role, until);
}

export const STAGES: readonly Stage[] = [
  {
    name: 'proposed',
    title: 'opening: nothing signed yet',
    reach: async () => {},
  },
  {
    name: 'opening',
    title: 'opening: signed, not confirmed',
    reach: (world) => world.openUnconfirmed(),
  },
  {
    name: 'idle',
    title: 'two units paid, nothing in flight',
    reach: traded,
  },
  {
    name: 'ordered',
    title: 'a unit ordered, not yet delivered',
    reach: inFlight,
    afterwards: async (world, members) => {
      if (!members.includes('producer')) await world.deliver(UNIT);
    },
  },
  {
    name: 'delivered',
    title: 'a unit delivered and metered, not attested',
    reach: async (world, members) => {
      await inFlight(world);
      // whoever could keep the reading from being heard does
      if (members.includes('utility'))
        world.misbehave('utility', { listens: (_, { type }) => type !== 'meter_reading' });
      else world.cut('producer', 'utility');
      await world.deliver(UNIT);
      await world.quiet();
    },
    afterwards: (world, members) => healed(world, members, 'producer', 'utility'),
  },
  {
    name: 'attested',
    title: 'a unit attested, not settled',
    reach: async (world) => {
      await inFlight(world);
      world.cut('consumer', 'producer');
      await world.deliver(UNIT);
      await world.quiet();
    },
    afterwards: (world, members) => healed(world, members, 'consumer', 'producer'),
  },
  {
    name: 'refused',
    title: 'a unit past its deadline, not delivered, refused',
    reach: async (world) => {
      await inFlight(world);
      world.cut('consumer', 'producer');
      const deadline = world.channel('consumer').ledger?.deliveries[0]?.deadline ?? 0;
      await world.blocksUntil(deadline);
    },
    afterwards: (world, members) => healed(world, members, 'consumer', 'producer'),
  },
  {
    name: 'closing',
    title: 'a close signed, not confirmed',
    reach: async (world) => {
      await traded(world);
      await world.channel('consumer').close();
      await world.quiet();
    },
  },
  {
    name: 'afterT',
    title: 'T has come, everybody was online',
    reach: traded,
    afterwards: (world) => world.blocksUntil(world.settlementHeight),
  },
  {
    name: 'away',
    title: 'honest traders off for less than `toSelfDelay`',
    reach: traded,
    afterwards: (world, members) => honestAway(world, members, world.ground.height() + DELAY - 2),
  },
  {
    name: 'awayLong',
    title: 'honest traders off for longer than `toSelfDelay`',
    reach: traded,
    afterwards: (world, members) => honestAway(world, members, world.ground.height() + DELAY + 3),
  },
  {
    name: 'awayPastT',
    title: 'honest traders off until after T',
    reach: traded,
    afterwards: async (world, members) => {
      await honestAway(world, members, world.settlementHeight + 3);
      await world.blocksUntil(world.settlementHeight);
    },
  },
];
