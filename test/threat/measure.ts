import { equalBytes, toHex } from '../../src/base/bytes.ts';
import { invariant } from '../../src/base/invariant.ts';
import type { Role, Trader } from '../../src/base/role.ts';
import { type Rounds, remoteCommitments } from '../../src/channel/rounds.ts';
import type { Channel } from '../../src/channel/state.ts';
import { deliveryLock } from '../../src/crypto/deliveryLock.ts';
import { type Balances, capacityMsat, commitmentReserveSat, type Delivery } from '../../src/tx/contract.ts';
import type { OutPoint, Tx } from '../../src/tx/transaction.ts';
import { CONTRIBUTIONS, FIRST_COINS } from './fixture.ts';
import type { ThreatWorld } from './world.ts';

/** What one attack came to, satoshi. */
export interface Damage {
  /** What each honest party has less than it was entitled to, its own fees aside. */
  readonly lost: Readonly<Partial<Record<Role, bigint>>>;
  readonly total: bigint;
  /** How much of that the coalition has. */
  readonly gained: bigint;
}

/** Compares what the chain gave each honest party with what it was entitled to. */
export async function measure(world: ThreatWorld, honest: readonly Role[]): Promise<Damage> {
  const { tree } = world;
  if (tree === undefined || tree.fundedAt === undefined) return unfunded(world, honest);
  const lost: Partial<Record<Role, bigint>> = {};
  let owedToHonest = 0n;
  const together = await holdings(
    world,
    honest.flatMap((role) => scriptsOf(world, role)),
  );
  // what a justice transaction costs that pays two of them; the utility's share comes last and bears it
  let shared = together.fees;
  for (const role of [...honest].sort()) {
    const owed = entitlement(world, role);
    const { has, fees } = await holdings(world, scriptsOf(world, role));
    owedToHonest += owed;
    shared -= fees;
    lost[role] = positive(owed - has - fees - (role === 'utility' ? shared : 0n));
  }
  const total = Object.values(lost).reduce((sum, each) => sum + each, 0n);
  const contract = world.channel(honest[0] as Role).contract;
  invariant(contract !== undefined, 'a funded channel has a contract');
  const members = (['consumer', 'producer', 'utility'] as const).filter((role) => !honest.includes(role));
  const coalition = await holdings(
    world,
    members.flatMap((role) => scriptsOf(world, role)),
  );
  const owedToCoalition = capacityMsat(contract.contributions) / 1000n - owedToHonest;
  const more = positive(coalition.has + coalition.fees - owedToCoalition);
  return { lost, total, gained: more < total ? more : total };
}

const RESERVE = commitmentReserveSat(1);

/** The funding never confirmed: the coins of the honest are where they were. */
function unfunded(world: ThreatWorld, honest: readonly Role[]): Damage {
  const lost: Partial<Record<Role, bigint>> = {};
  for (const role of honest) lost[role] = positive(FIRST_COINS - world.node(role).wallet.balance().confirmed);
  const total = Object.values(lost).reduce((sum, each) => sum + each, 0n);
  return { lost, total, gained: 0n };
}

// --- what a party is entitled to

/** The least that any state leaves it which its peer may still publish, satoshi: the state it agreed to last, or is agreeing to. */
export function entitlement(world: ThreatWorld, role: Role): bigint {
  const { state } = world.channel(role);
  if (role === 'utility') return utilityIsOwed(state);
  const rounds = 'rounds' in state ? state.rounds : null;
  if (rounds === null) return CONTRIBUTIONS[role];
  const worths = possible(rounds).map((balances) => worth(world, balances, role));
  const least = worths.reduce((low, each) => (each < low ? each : low));
  return (least + forfeitedThoughDelivered(world, role)) / 1000n;
}

/** A seller that has no preimage agrees to a forfeit; what it delivered is owed to it all the same. */
function forfeitedThoughDelivered(world: ThreatWorld, role: Trader): bigint {
  return world.notices(role).reduce((sum, notice) => {
    if (notice.type !== 'unitForfeited' || notice.delivery.seller !== role) return sum;
    return sum + worthOf(world, notice.delivery, role);
  }, 0n);
}

function possible(rounds: Rounds): readonly Balances[] {
  return [rounds.held.ledger, ...remoteCommitments(rounds).map(({ ledger }) => ledger)];
}

function worth(world: ThreatWorld, balances: Balances, role: Trader): bigint {
  const own = role === 'consumer' ? balances.consumerMsat : balances.producerMsat;
  return balances.deliveries.reduce((sum, delivery) => sum + worthOf(world, delivery, role), own as bigint);
}

/** A seller is owed what it delivered; a buyer the payment for what never came, if it was called delivered all the same. */
function worthOf(world: ThreatWorld, delivery: Delivery, role: Trader): bigint {
  const { seller, unit, paymentMsat, bondMsat, lock } = delivery;
  const delivered = world.wasDelivered(unit);
  if (seller === role) return delivered ? paymentMsat - gridFee(world, paymentMsat) + bondMsat : 0n;
  return !delivered && wasRevealed(world, lock) ? paymentMsat : 0n;
}

function gridFee(world: ThreatWorld, paymentMsat: bigint): bigint {
  const ppm = world.channel('producer').contract?.params.gridFeePpm ?? 0;
  return (paymentMsat * BigInt(ppm)) / 1_000_000n;
}

function wasRevealed(world: ThreatWorld, lock: Uint8Array): boolean {
  return (world.tree?.descendants ?? []).some(({ tx }) =>
    tx.inputs.some(({ witness }) =>
      witness.some((item) => item.length === 32 && equalBytes(deliveryLock(item), lock)),
    ),
  );
}

/** Its balance in the newest state that both traders have shown it, and every unit in flight in it that it refused. */
function utilityIsOwed(state: Channel): bigint {
  const book = state.type === 'attesting' ? state : state.type === 'settling' ? state.utility : null;
  const [first, ...others] = book?.proofs ?? [];
  if (book === null || first === undefined) return CONTRIBUTIONS.utility;
  const newest = others.reduce((low, each) => (each.ledger.n < low.ledger.n ? each : low), first);
  const pending = new Set(newest.ledger.deliveries.map(({ unit }) => unit));
  const refused = book.register.filter(
    ({ type, delivery }) => type === 'notDelivered' && pending.has(delivery.unit),
  );
  const forfeits = refused.reduce((sum, { delivery }) => sum + delivery.paymentMsat + delivery.bondMsat, 0n);
  return (newest.ledger.utilityMsat + forfeits) / 1000n;
}

// --- what a party has

function scriptsOf(world: ThreatWorld, role: Role): readonly Uint8Array[] {
  const { state } = world.channel(role);
  const payout = 'identity' in state ? [state.identity.payout[role]] : [];
  return [
    ...payout,
    ...world
      .node(role)
      .wallet.coins()
      .map(({ script }) => script),
  ];
}

/** Unspent coins at these scripts that came out of the funding output, and the fees of what paid to nobody else. */
async function holdings(
  world: ThreatWorld,
  scripts: readonly Uint8Array[],
): Promise<{ readonly has: bigint; readonly fees: bigint }> {
  const { tree } = world;
  invariant(tree !== undefined, 'a funded channel is followed');
  const known = new Set(scripts.map(toHex));
  const isOwn = (script: Uint8Array) => known.has(toHex(script));
  let has = tree.unspent.filter(({ script }) => isOwn(script)).reduce((sum, { value }) => sum + value, 0n);
  let fees = 0n;
  for (const { tx, txid, height } of tree.descendants) {
    if (!tx.outputs.every(({ script }) => isOwn(script))) continue;
    const brought = await valueFromElsewhere(world, tx, height);
    const out = tx.outputs.reduce((sum, { value }) => sum + value, 0n);
    const fromTree = tx.inputs.reduce((sum, input) => sum + (tree.output(input)?.value ?? 0n), 0n);
    // the reserve pays for what spends the funding output
    const paid = txid === tree.spend?.txid ? RESERVE : 0n;
    fees += positive(brought + fromTree - out - paid);
    has -= brought;
  }
  return { has, fees };
}

/** What a transaction's inputs bring that did not come out of the funding output. */
async function valueFromElsewhere(world: ThreatWorld, tx: Tx, height: number): Promise<bigint> {
  const foreign = tx.inputs.filter((input) => world.tree?.output(input) === undefined);
  if (foreign.length === 0) return 0n;
  const values = await Promise.all(foreign.map((input) => outputValue(world, input, height)));
  return values.reduce((sum, each) => sum + each, 0n);
}

/** The value of an output that a block of this story made. */
async function outputValue(world: ThreatWorld, { txid, vout }: OutPoint, before: number): Promise<bigint> {
  const { chain } = world.ground;
  for (let height = before; height >= world.startHeight; height--) {
    const hash = await chain.blockHash(height);
    const block = hash === undefined ? undefined : await chain.block(hash);
    const made = block?.transactions.find((each) => each.txid === txid);
    if (made !== undefined) return made.tx.outputs[vout]?.value ?? 0n;
  }
  throw new Error(`no block of this story made ${txid}`);
}

function positive(value: bigint): bigint {
  return value > 0n ? value : 0n;
}
