import { toHex } from '../../src/base/bytes.ts';
import type { Role, Trader } from '../../src/base/role.ts';
import type { Ledger } from '../../src/channel/ledger.ts';
import type { Channel } from '../../src/channel/state.ts';
import type { OpenRequest } from '../../src/node/options.ts';
import { DIALS, isOver } from '../../src/node/parties.ts';
import type { ChannelView, Order, View } from './calls.ts';
import type { Stage, Views } from './stage.ts';

/**
 * One thing that an application wants. It is pursued until it is there: at rest, and as often as needed, the application
 * looks at what its node has, and asks for what is missing. An order that died with its node is given again.
 */
export interface Step {
  readonly name: string;
  readonly isDone: (views: Views, stage: Stage) => boolean;
  readonly pursue: (views: Views, stage: Stage) => Promise<unknown>;
}

const UNIT_WH = 10;
const MSAT_PER_WH = 2_000_000n;
/** A unit costs far more than all the fees of a run: none can hide one. */
export const PAYMENT_MSAT = BigInt(UNIT_WH) * MSAT_PER_WH;
const COINS = 2;
const COIN_SAT = 1_000_000n;

export function newest(views: Views, role: Role): ChannelView | undefined {
  return views[role]?.channels.at(-1);
}

/** A state's money, for people and to compare. */
export function said(ledger: Ledger | undefined): string {
  if (ledger === undefined) return 'no state';
  const { consumerMsat, producerMsat, utilityMsat, deliveries, nextUnit } = ledger;
  return `${consumerMsat}/${producerMsat}/${utilityMsat} msat, ${deliveries.length} in flight, next unit ${nextUnit}`;
}

function stateOf(views: Views, role: Role): Channel | undefined {
  return newest(views, role)?.state;
}

function isIn(views: Views, role: Role, type: Channel['type']): boolean {
  return stateOf(views, role)?.type === type;
}

const present = (views: Views): readonly View[] => Object.values(views);

export const funded: Step = {
  name: 'coins',
  isDone: (views) => present(views).every(({ balance }) => balance.confirmed === BigInt(COINS) * COIN_SAT),
  pursue: async (_, stage) => {
    for (let coin = 0; coin < COINS; coin++)
      for (const role of stage.present)
        await stage.regtest.fund(await stage.call(role, 'newAddress', undefined), COIN_SAT, {
          confirm: false,
        });
    await stage.mine();
  },
};

/** Who dials whom, and where; each keeps that. */
export const introduced: Step = {
  name: 'peers',
  isDone: (views, stage) =>
    stage.present.every((role) =>
      DIALS[role].every((other) => views[role]?.peers.includes(toHex(stage.idOf(other)))),
    ),
  pursue: async (_, stage) => {
    for (const role of stage.present)
      for (const other of DIALS[role])
        await stage.order(role, {
          type: 'connect',
          nodeId: stage.idOf(other),
          address: stage.addressOf(other),
        });
  },
};

/** A channel that lasts so many blocks, with deadlines as short as a node takes them. */
export function proposal(stage: Stage, settlementHeight: number, params: OpenRequest['params'] = {}): Order {
  return {
    type: 'open',
    request: {
      producer: stage.idOf('producer'),
      utility: stage.idOf('utility'),
      contributions: { consumer: 500_000n, producer: 200_000n, utility: 20_000n },
      settlementHeight,
      params: {
        maxInFlight: 4,
        bondPolicy: { type: 'proportional', bondPpm: 500_000 },
        toSelfDelay: { consumer: 4, producer: 4 },
        deliveryWindow: 6,
        resolutionMargin: 4,
        contestWindow: 3,
        ...params,
      },
      feeRate: 2_000n,
    },
  };
}

export function opened(params: OpenRequest['params'] = {}): Step {
  return {
    name: 'open',
    isDone: (views) =>
      isIn(views, 'consumer', 'open') &&
      isIn(views, 'producer', 'open') &&
      isIn(views, 'utility', 'attesting'),
    pursue: async (views, stage) => {
      const channel = newest(views, 'consumer');
      const height = views.consumer?.height ?? 0;
      if (channel === undefined || isOver(channel.state))
        await stage.order('consumer', proposal(stage, height + 300, params));
      else if (channel.state.type === 'awaitingFunding') await stage.mine();
    },
  };
}

export const measured: Step = {
  name: 'first reading',
  isDone: (views) => views.utility?.metered === true,
  pursue: (_, stage) => stage.order('producer', { type: 'readMeter', exportWh: 0n }),
};

export const priced: Step = {
  name: 'tariff',
  isDone: (views) => (['consumer', 'producer'] as const).every((trader) => hasTariff(stateOf(views, trader))),
  pursue: async (views, stage) => {
    const utility = stateOf(views, 'utility');
    if (utility?.type !== 'attesting' || utility.tariffs.length > 0) return;
    await stage.order('utility', {
      type: 'publishTariff',
      slot: 1,
      from: stage.now - 600,
      until: stage.now + 1_000_000,
      msatPerWh: MSAT_PER_WH,
      unitEnergyWh: UNIT_WH,
      units: 50,
    });
  },
};

function hasTariff(state: Channel | undefined): boolean {
  return state?.type === 'open' && state.market.tariffs.length > 0;
}

export const offered: Step = {
  name: 'offer',
  isDone: (views) => hasOffer(stateOf(views, 'consumer')),
  pursue: async (views, stage) => {
    if (hasOffer(stateOf(views, 'producer'))) return;
    const until = stage.now + 1_000_000;
    await stage.order('producer', { type: 'offer', units: 50, unitEnergyWh: UNIT_WH, until });
  },
};

function hasOffer(state: Channel | undefined): boolean {
  return state?.type === 'open' && state.market.offers.producer !== null;
}

/** Both traders have ordered so many units since the opening, and so many of them are still in flight. */
function isTraded(views: Views, units: number, inFlight: number): boolean {
  return (['consumer', 'producer'] as const).every((trader) => {
    const state = stateOf(views, trader);
    if (state?.type !== 'open' || state.rounds.phase.type !== 'idle') return false;
    const { nextUnit, deliveries } = state.rounds.held.ledger;
    return nextUnit === BigInt(units) && deliveries.length === inFlight;
  });
}

/** Orders what is missing of `units` in all. */
export function ordered(units: number, inFlight: number): Step {
  return {
    name: `order up to ${units}`,
    isDone: (views) => isTraded(views, units, inFlight),
    pursue: async (views, stage) => buy(views, stage, units),
  };
}

async function buy(views: Views, stage: Stage, units: number): Promise<void> {
  const state = stateOf(views, 'consumer');
  if (state?.type !== 'open' || state.wantedUnits > 0 || state.rounds.phase.type !== 'idle') return;
  const missing = units - Number(state.rounds.held.ledger.nextUnit);
  if (missing > 0) await stage.order('consumer', { type: 'buy', units: missing });
}

/** Orders what is missing of `units`, and delivers what is ordered for good. */
export function delivered(units: number): Step {
  return {
    name: `deliver up to ${units}`,
    isDone: (views) => isTraded(views, units, 0),
    pursue: async (views, stage) => {
      await buy(views, stage, units);
      const state = stateOf(views, 'producer');
      if (state?.type !== 'open') return;
      const { phase, held } = state.rounds;
      const { nextUnit } = phase.type === 'accepting' ? phase.previous : held.ledger;
      await read(stage, BigInt(UNIT_WH) * nextUnit);
    },
  };
}

/** The producer's meter shows so much; said once, or again when the order was lost. */
async function read(stage: Stage, exportWh: bigint): Promise<void> {
  if ((stage.memory.get('read') ?? 0n) >= exportWh) return;
  await stage.order('producer', { type: 'readMeter', exportWh });
  stage.memory.set('read', exportWh);
}

export const forfeited: Step = {
  name: 'forfeit',
  isDone: (views) => isTraded(views, 1, 0),
  pursue: (_, stage) => stage.mine(),
};

export const closing: Step = {
  name: 'close',
  isDone: (views) => !isIn(views, 'consumer', 'open'),
  pursue: (_, stage) => stage.order('consumer', { type: 'close' }),
};

export const forced: Step = {
  name: 'force close',
  isDone: (views) => isIn(views, 'consumer', 'settling'),
  pursue: (_, stage) => stage.order('consumer', { type: 'forceClose' }),
};

/** One of two units that are in flight in a commitment on its way to the chain comes after all. */
export const lateDelivery: Step = {
  name: 'deliver one of two',
  isDone: (_, stage) => stage.memory.get('read') === BigInt(UNIT_WH),
  pursue: (_, stage) => read(stage, BigInt(UNIT_WH)),
};

export const over: Step = {
  name: 'blocks',
  isDone: (views) => present(views).every(({ channels }) => channels.at(-1)?.state.type === 'closed'),
  pursue: (_, stage) => stage.mine(),
};

export const claimed: Step = {
  name: 'arbitration',
  isDone: (views) => isIn(views, 'consumer', 'settling'),
  pursue: (_, stage) => stage.order('consumer', { type: 'requestArbitration', feeSat: 2_000n }),
};

/** The commitment that the future cheater holds now, kept for later. */
export function keepCommitment(cheater: Trader): Step {
  return {
    name: 'old commitment',
    isDone: (_, stage) => stage.kept !== undefined,
    pursue: async (views, stage) => {
      const state = stateOf(views, cheater);
      if (state?.type !== 'open') throw new Error('nothing to keep');
      stage.kept = stage.commitmentOf(cheater, state, state.rounds.held);
    },
  };
}

export function gone(role: Role): Step {
  return {
    name: `${role} goes`,
    isDone: (_, stage) => !stage.present.includes(role),
    pursue: (_, stage) => stage.remove(role),
  };
}

/** The old commitment gets into a block. */
export const cheated: Step = {
  name: 'breach',
  isDone: (_, stage) => stage.memory.has('cheated'),
  pursue: async (_, stage) => {
    if (stage.kept === undefined) throw new Error('nothing was kept');
    await stage.regtest.mineExactly([stage.kept]);
    stage.memory.set('cheated', 1n);
  },
};

/** The disk as it is now, or as it was then. */
export function copied(trader: Trader): Step {
  return {
    name: 'copy of a disk',
    isDone: (_, stage) => stage.memory.has('copied'),
    pursue: async (_, stage) => {
      await stage.remove(trader);
      stage.copyDisk(trader, 'copy');
      await stage.bringBack(trader);
      stage.memory.set('copied', 1n);
    },
  };
}

/** It goes on from the copy, and says so. */
export function fromCopy(trader: Trader): Step {
  return {
    name: 'start from a copy',
    isDone: (_, stage) => stage.memory.has('restored'),
    pursue: async (_, stage) => {
      await stage.remove(trader);
      stage.replaceDisk(trader, 'copy');
      await stage.bringBack(trader, { restored: true });
      stage.memory.set('restored', 1n);
    },
  };
}
