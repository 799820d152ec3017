import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { msat } from '../../src/base/amount.ts';
import { invariant } from '../../src/base/invariant.ts';
import { toJson } from '../../src/base/json.ts';
import { counterpartyOf, TRADERS, type Trader } from '../../src/base/role.ts';
import type { ChannelEvent } from '../../src/channel/event.ts';
import { secretsHeld } from '../../src/channel/rounds.ts';
import type { TraderChannel } from '../../src/channel/state.ts';
import type { Context } from '../../src/channel/step.ts';
import { transition } from '../../src/channel/transition.ts';
import type { Message } from '../../src/wire/messages.ts';
import {
  DEFAULT_CONTRIBUTIONS,
  PAYMENT,
  trader,
  traderSignerOf,
  tradingChannel,
} from '../support/channelHarness.ts';
import { toyCurve } from '../support/toyCurve.ts';

/** Two machines, what is under way between them, and what may still happen. */
interface World {
  readonly machines: Readonly<Record<Trader, TraderChannel>>;
  /** Messages on their way from each side, oldest first. */
  readonly links: Readonly<Record<Trader, readonly Message[]>>;
  readonly up: boolean;
  readonly drops: number;
  /** Payments that each application will still ask for. */
  readonly payments: Readonly<Record<Trader, number>>;
  /** Units that the consumer will still order. */
  readonly orders: number;
  /** How often five blocks will still pass while the link is down: an open order is too old then. */
  readonly pauses: number;
}

const harness = tradingChannel({ curve: toyCurve });
const contexts = { consumer: contextOf('consumer'), producer: contextOf('producer') };

/** With a signer that remembers nothing: worlds part ways and share it. */
function contextOf(side: Trader): Context {
  return {
    ...harness.contextOf(side),
    signer: { role: 'trader', signer: traderSignerOf(side, toyCurve) },
  };
}

interface Bounds {
  readonly payments: number;
  readonly orders: number;
  readonly drops: number;
  readonly pauses: number;
}

/**
 * Every order in which messages arrive, links break and applications ask for payments: the real machines, with hashes
 * in place of curve points. A break loses everything under way, so each place at which a message can be lost is a
 * state of its own.
 */
function explore({ payments, orders, drops, pauses }: Bounds) {
  const start: World = {
    machines: { consumer: trader(harness, 'consumer'), producer: trader(harness, 'producer') },
    links: { consumer: [], producer: [] },
    up: true,
    drops,
    payments: { consumer: payments, producer: payments },
    orders,
    pauses,
  };
  const seen = new Set([keyOf(start)]);
  const todo = [start];
  let quiet = 0;
  for (let world = todo.pop(); world !== undefined; world = todo.pop()) {
    check(world);
    const isQuiet = world.up && TRADERS.every((side) => world.links[side].length === 0);
    if (isQuiet) {
      quiet += 1;
      checkAgreement(world, { payments, orders, drops, pauses });
    }
    for (const next of successors(world)) {
      const key = keyOf(next);
      if (seen.has(key)) continue;
      seen.add(key);
      todo.push(next);
    }
  }
  return { states: seen.size, quiet };
}

function successors(world: World): World[] {
  if (!world.up) {
    const again = TRADERS.reduce<World>(
      (each, side) => step(each, side, { type: 'connected', peer: counterpartyOf(side) }),
      { ...world, up: true },
    );
    return [again, ...paused(world)];
  }
  const next = [
    ...TRADERS.flatMap((side) => [...delivered(world, side), ...paid(world, side)]),
    ...ordered(world),
  ];
  if (world.drops === 0) return next;
  const cut: World = {
    ...world,
    links: { consumer: [], producer: [] },
    up: false,
    drops: world.drops - 1,
  };
  const told = TRADERS.reduce(
    (each, side) => step(each, side, { type: 'disconnected', peer: counterpartyOf(side) }),
    cut,
  );
  return [...next, told];
}

function delivered(world: World, from: Trader): World[] {
  const [message, ...rest] = world.links[from];
  if (message === undefined) return [];
  const taken: World = { ...world, links: { ...world.links, [from]: rest } };
  return [step(taken, counterpartyOf(from), { type: 'messageReceived', from, message })];
}

function paid(world: World, side: Trader): World[] {
  if (world.payments[side] === 0) return [];
  const next: World = { ...world, payments: { ...world.payments, [side]: world.payments[side] - 1 } };
  const update = { type: 'transfer', from: side, amountMsat: msat(1000) } as const;
  return [step(next, side, { type: 'update', update })];
}

function ordered(world: World): World[] {
  if (world.orders === 0) return [];
  const { wantedUnits } = world.machines.consumer;
  const next: World = { ...world, orders: world.orders - 1 };
  return [step(next, 'consumer', { type: 'buy', units: wantedUnits + 1 })];
}

function paused(world: World): World[] {
  if (world.pauses === 0) return [];
  const next: World = { ...world, pauses: world.pauses - 1 };
  return [
    TRADERS.reduce(
      (each, side) => step(each, side, { type: 'block', height: each.machines[side].height + 5 }),
      next,
    ),
  ];
}

function step(world: World, side: Trader, event: ChannelEvent): World {
  const { state, actions } = transition(world.machines[side], event, contexts[side]);
  invariant(
    state.type === 'open',
    `${side} leaves over ${toJson(event)}: ${toJson('why' in state ? state.why : state.type)}`,
  );
  const said = actions.flatMap((action) =>
    action.type === 'send' && action.to !== 'utility' ? [action.message] : [],
  );
  const sent = world.up ? [...world.links[side], ...said] : world.links[side];
  return {
    ...world,
    machines: { ...world.machines, [side]: state },
    links: { ...world.links, [side]: sent },
  };
}

/** What must hold at every moment, seen by someone who knows both sides (protocol section 7). */
function check({ machines }: World): void {
  for (const side of TRADERS) {
    const own = machines[side].rounds;
    const peer = machines[counterpartyOf(side)].rounds;
    const n = own.held.ledger.n;
    invariant(secretsHeld(peer) <= n, 'a secret is out of a state that is not yet replaced');
    invariant(n - peer.held.ledger.n <= 1n && peer.held.ledger.n - n <= 1n, 'numbers more than one apart');
    invariant(own.phase.type !== 'proposing' || peer.phase.type !== 'proposing', 'two proposals at once');
    const holders = TRADERS.filter(
      (each) => (machines[each].rounds.turn % 2n === 0n) === (each === 'consumer'),
    );
    invariant(holders.length < 2 || own.turn === peer.turn, 'two turns at once');
  }
}

function checkAgreement({ machines, payments, orders }: World, bounds: Bounds): void {
  const { consumer, producer } = machines;
  expect(consumer.rounds.held.ledger).toEqual(producer.rounds.held.ledger);
  expect(consumer.rounds.turn).toBe(producer.rounds.turn);
  for (const side of TRADERS) {
    expect(machines[side].rounds.phase.type).toBe('idle');
    expect(machines[side].queue).toEqual([]);
    expect(machines[side].link).toBe('up');
  }
  const moved = BigInt(payments.consumer - payments.producer) * 1000n;
  const { deliveries, consumerMsat } = consumer.rounds.held.ledger;
  expect(deliveries).toHaveLength(bounds.orders - orders);
  expect(consumerMsat).toBe(DEFAULT_CONTRIBUTIONS.consumer + moved - BigInt(deliveries.length) * PAYMENT);
}

function keyOf(world: World): string {
  return createHash('sha256').update(toJson(world)).digest('base64');
}

describe('rounds, every interleaving', () => {
  it.each<[Bounds, number]>([
    [{ payments: 1, orders: 0, drops: 3, pauses: 0 }, 871],
    [{ payments: 2, orders: 0, drops: 3, pauses: 0 }, 7183],
    [{ payments: 1, orders: 1, drops: 2, pauses: 1 }, 6086],
    [{ payments: 0, orders: 2, drops: 3, pauses: 1 }, 1444],
  ])('%o: agreed whenever all is quiet, %i states', (bounds, states) => {
    const found = explore(bounds);
    expect(found.quiet).toBeGreaterThan(0);
    expect(found.states).toBe(states);
  });
});
