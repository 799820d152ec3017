import { counterpartyOf, ROLES, type Role, TRADERS, type Trader } from '../../src/base/role.ts';
import { type Arena, channelOf, type Party } from './arena.ts';
import { attack } from './attack.ts';
import { grabOutputs } from './grab.ts';
import { count } from './history.ts';
import type { Step } from './steps.ts';

const SLOT_SECONDS = 1_000_000;
/** Backups that a thief can choose from. */
const KEPT_BACKUPS = 12;

/** Opens the channel, with a price and a first reading of each meter; false when the opening did not come to an end. */
export async function openChannel(arena: Arena): Promise<boolean> {
  const { parties, setting, clock } = arena;
  const opening = parties.consumer.node.open({
    producer: parties.producer.node.id,
    utility: parties.utility.node.id,
    contributions: setting.contributions,
    settlementHeight: (await arena.chain.height()) + setting.life,
    params: setting.params,
    feeRate: 1000n,
  });
  let failed: unknown;
  let done = false;
  opening.then(
    () => {
      done = true;
    },
    (error) => {
      failed = error;
    },
  );
  for (let turn = 0; turn < 60 && !done && failed === undefined; turn++) {
    await arena.network.idle();
    clock.fire();
  }
  if (failed !== undefined) throw failed;
  await arena.settle();
  await arena.mine((setting.params.minimumDepth ?? 1) + 1);
  if (channelOf(parties.utility)?.state.type !== 'attesting') return false;
  for (const trader of TRADERS) await readMeter(arena, parties[trader]);
  await publishTariff(arena);
  await arena.settle();
  return true;
}

async function publishTariff({ parties, setting, clock }: Arena): Promise<void> {
  await channelOf(parties.utility)?.publishTariff({
    slot: 1,
    from: clock.now() - 100,
    until: clock.now() + SLOT_SECONDS,
    msatPerWh: setting.msatPerWh,
    unitEnergyWh: setting.unitWh,
    units: 100,
  });
}

/** Signs and sends what a trader's meter shows. */
export async function readMeter({ clock, network }: Arena, party: Party): Promise<void> {
  clock.pass(60);
  let isRead = false;
  const read = Promise.resolve(
    channelOf(party)?.readMeter({ importWh: 0n, exportWh: party.exportWh }),
  ).finally(() => {
    isRead = true;
  });
  read.catch(() => {});
  while (!isRead) {
    await network.idle();
    clock.fire();
  }
  await read;
}

/** Does one step and lets what comes of it come to rest. A command that is refused, or dies with its node, is no failure. */
export async function perform(arena: Arena, step: Step): Promise<void> {
  await act(arena, step).catch((error: unknown) => {
    count(arena.history, `refused command ${step.type}`);
    if (!(error instanceof Error)) throw error;
  });
  await arena.settle();
  if (step.type !== 'mine') keepBackups(arena);
}

function keepBackups({ parties }: Arena): void {
  for (const role of ROLES) {
    const { hostile, backups, store } = parties[role];
    if (!hostile) continue;
    backups.push(store.snapshot());
    if (backups.length > KEPT_BACKUPS) backups.splice(1, 1);
  }
}

async function act(arena: Arena, step: Step): Promise<unknown> {
  const { parties, network, setting } = arena;
  const handle = (role: Role) => (parties[role].down ? undefined : channelOf(parties[role]));
  const id = (role: Role) => parties[role].node.id;
  switch (step.type) {
    case 'sell':
      return handle(step.seller)?.offer({
        units: step.units,
        unitEnergyWh: setting.unitWh,
        until: arena.clock.now() + SLOT_SECONDS,
      });
    case 'buy':
      return handle(step.buyer)?.buy(step.units);
    case 'deliver':
      return deliver(arena, parties[step.seller], step.units);
    case 'transfer':
      return handle(step.from)?.transfer(BigInt(step.sat) * 1000n + 1n);
    case 'release':
    case 'cancel':
      return cancel(arena, step.trader, step.type);
    case 'offline':
      return network.offline(id(step.role));
    case 'online':
      return network.online(id(step.role));
    case 'down':
      parties[step.role].down = true;
      return parties[step.role].node.stop();
    case 'copy':
      parties[step.role].copy = parties[step.role].store.snapshot();
      return;
    case 'restore':
      return restore(arena, parties[step.role]);
    case 'restart':
      return arena.restart(step.role, parties[step.role].store.snapshot());
    case 'crash':
      return parties[step.role].store.failAt(step.write, step.when);
    case 'faults':
      return network.setFaults({ drop: step.drop, duplicate: step.duplicate, reorder: step.reorder });
    case 'calm':
      return network.setFaults({});
    case 'close':
      return handle(step.trader)?.close({ feeRate: BigInt(step.feeRate) });
    case 'forceClose':
      return handle(step.trader)?.forceClose();
    case 'dispute':
      count(arena.history, 'disputes');
      return handle(step.trader)?.requestArbitration(BigInt(step.feeSat));
    case 'mine':
      return mineAmongThieves(arena, step.blocks);
    case 'empty':
      return arena.mine(step.blocks, 'empty');
    case 'reorg':
      count(arena.history, 'reorganisations');
      return arena.chain.reorg(step.depth);
    case 'feeRate':
      return arena.chain.setFeeRate(BigInt(step.satPerKvB));
    case 'minimum':
      return setMinimum(arena, BigInt(step.satPerKvB));
    case 'attack':
      count(arena.history, `attack ${step.kind}`);
      return attack(arena, parties[step.role], step.kind, step.seed);
  }
}

function setMinimum({ chain, history }: Arena, satPerKvB: bigint): void {
  chain.setMinimum(satPerKvB);
  if (satPerKvB > history.highestMinimum) history.highestMinimum = satPerKvB;
}

/** The party goes on from the copy of its disk, and is told so. */
async function restore(arena: Arena, party: Party): Promise<void> {
  if (party.copy === undefined) return;
  party.restored = true;
  count(arena.history, 'restored');
  await arena.restart(party.role, party.copy.snapshot());
}

/** Blocks, before each of which the hostile parties try to take whatever their keys open. */
export async function mineAmongThieves(arena: Arena, blocks: number): Promise<void> {
  const thief = ROLES.map((role) => arena.parties[role]).find(({ hostile }) => hostile);
  for (let block = 0; block < blocks; block++) {
    if (thief !== undefined) await grabOutputs(arena, thief, false);
    await arena.mine(1);
  }
}

/** Energy flows for units that were ordered for good, and the meter is read. */
async function deliver(arena: Arena, party: Party, units: number): Promise<void> {
  for (const { energyWh } of party.owed.splice(0, units)) party.exportWh += energyWh;
  await readMeter(arena, party);
}

async function cancel(arena: Arena, trader: Trader, how: 'release' | 'cancel'): Promise<void> {
  const handle = channelOf(arena.parties[trader]);
  const seller = how === 'release' ? trader : counterpartyOf(trader);
  const delivery = handle?.ledger?.deliveries.find((each) => each.seller === seller);
  if (delivery !== undefined) await handle?.cancel(delivery.id);
}
