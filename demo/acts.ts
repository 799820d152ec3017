import { finalAmounts, type Role } from '../src/index.ts';
import { settlementVbytes } from '../src/tx/settlement.ts';
import { ANCHOR_SAT, type Ending, ROLES } from './accounting.ts';
import { StoryFailed } from './failed.ts';
import { wrapped } from './format.ts';
import { SLOT_HEAD } from './progress.ts';
import type { Scene } from './scene.ts';
import type { PlannedSlot } from './week.ts';

/** The pieces that the scenarios are made of. Each leaves everybody quiet. */

/** Checks that the world is as the story goes on to say. */
export function expectThat(holds: boolean, what: string): asserts holds {
  if (!holds) throw new StoryFailed(`the story went wrong: ${what}`);
}

/** Orders, delivers and pays `scene.units` units, then orders `unpaid` more. */
export async function trade(scene: Scene, unpaid: 0 | 1 = 0): Promise<void> {
  const { stage, week, units, progress } = scene;
  const [consumer, producer] = [stage.channel('consumer'), stage.channel('producer')];
  const wanted = units + unpaid;
  let paid = 0;
  scene.screen.line(SLOT_HEAD, 'dim');
  const inFlight = () => consumer.ledger?.deliveries.length ?? 0;
  for (const slot of week.slots) {
    await beginSlot(scene, slot);
    if (slot === week.slots[0]) {
      await producer.offer({ units: wanted, unitEnergyWh: week.unitEnergyWh, until: week.until });
      await consumer.buy(wanted);
      await stage.quiet();
    }
    progress.slot(slot);
    expectThat(inFlight() === 1, `a unit is ordered in half hour ${slot.slot}`);
    for (const unit of slot.units.slice(0, units - paid)) {
      stage.clock.moveTo(unit.time);
      await producer.readMeter(unit.registers);
      await stage.quiet();
      paid++;
      expectThat(stage.said('consumer', 'unitSettled') === paid, `unit ${paid} is paid`);
    }
    progress.end();
    if (paid === units && inFlight() === unpaid) return;
  }
  throw new StoryFailed(`${paid} of ${units} units were delivered`);
}

/** The clocks move to the half hour, the meter is read, the utility says the price. */
async function beginSlot({ stage, week }: Scene, slot: PlannedSlot): Promise<void> {
  const { slot: number, start, until, msatPerWh, orders } = slot;
  stage.clock.moveTo(start);
  await stage.channel('producer').readMeter(slot.opening);
  await stage.quiet();
  if (orders === 0) return;
  const { unitEnergyWh } = week;
  const tariff = { slot: number, from: start, until, msatPerWh, unitEnergyWh, units: orders };
  await stage.channel('utility').publishTariff(tariff);
  await stage.quiet();
}

/** The unit in flight comes, and the utility vouches for it; nobody pays it. */
export async function deliverUnpaid({ stage, week, units }: Scene): Promise<void> {
  const next = week.slots.flatMap((slot) => slot.units)[units];
  expectThat(next !== undefined, 'there is energy for one more unit');
  stage.clock.moveTo(next.time);
  await stage.channel('producer').readMeter(next.registers);
  await stage.quiet();
  expectThat(stage.said('producer', 'unitAttested') === units + 1, 'the unit is attested');
}

/** A line of the story, at the newest block. */
export function tell({ stage, screen }: Scene, text: string): void {
  const [first = '', ...rest] = wrapped(text, screen.width - MARGIN.length);
  screen.line(`  block ${stage.height}`.padEnd(MARGIN.length) + first);
  for (const line of rest) screen.line(MARGIN + line);
}

const MARGIN = ' '.repeat(14);

/** Mines until `done`, at most `most` blocks. */
export async function mineUntil(
  { stage }: Scene,
  done: () => boolean,
  what: string,
  most = 60,
): Promise<void> {
  for (let mined = 0; !done(); mined++) {
    if (mined === most) throw new StoryFailed(`the story went wrong: ${what}, after ${most} blocks`);
    await stage.mine();
  }
}

/** The unit in flight, as a party's own newest state has it. */
export function unitInFlight({ stage }: Scene, role: 'consumer' | 'producer') {
  const [delivery] = stage.channel(role).ledger?.deliveries ?? [];
  if (delivery === undefined) throw new StoryFailed(`the ${role} has no unit in flight`);
  return delivery;
}

/** Whether a channel's state has gone on to the chain. */
export function isSettling({ stage }: Scene, role: Role): boolean {
  return stage.channel(role).state.type === 'settling';
}

/** Mines until each party has fetched what the closing transaction gives it. */
export async function fetchCoins(scene: Scene): Promise<void> {
  const { monitor, knowledge } = scene.stage.channel('utility');
  expectThat(
    monitor?.spend != null && knowledge !== undefined,
    'the utility follows the closing transaction',
  );
  await mineUntil(scene, () => untakenSat(scene) <= ANCHOR_SAT, 'everybody has fetched its coins');
}

function untakenSat({ stage }: Scene): bigint {
  const { monitor, knowledge } = stage.channel('utility');
  if (monitor === null || knowledge === undefined) return 0n;
  return finalAmounts(monitor, knowledge)?.untaken ?? ANCHOR_SAT + 1n;
}

/** Closes together and mines the closing transaction. Resolves with the fee that the consumer named: its rate for a full-sized close. */
export async function closeTogether(scene: Scene): Promise<Ending> {
  const { stage } = scene;
  const { state } = stage.channel('consumer');
  if (!('identity' in state)) throw new StoryFailed('there is no channel to close');
  const { contract, payout } = state.identity;
  await stage.channel('consumer').close({ feeRate: CLOSE_FEE_RATE });
  await stage.quiet();
  await stage.mine();
  for (const role of ROLES)
    expectThat(stage.channel(role).monitor?.spend != null, `the ${role} sees the channel closed`);
  const feeSat = (BigInt(settlementVbytes(contract, payout)) * CLOSE_FEE_RATE + 999n) / 1000n;
  return { type: 'close', feeSat };
}

/** Satoshi per 1,000 virtual bytes. */
const CLOSE_FEE_RATE = 2_000n;
