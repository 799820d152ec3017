import type { Sat } from '../../src/base/amount.ts';
import { fromHex } from '../../src/base/bytes.ts';
import { ROLES } from '../../src/base/role.ts';
import { fundingSighash, spendFunding } from '../../src/channel/localSigner.ts';
import { fundingValueSat } from '../../src/tx/contract.ts';
import { arbitratedLocktime, buildPenalty } from '../../src/tx/settlement.ts';
import { type Tx, unsignedInput } from '../../src/tx/transaction.ts';
import { secp } from '../support/curve.ts';
import { type Arena, newestHeld, type Party } from './arena.ts';
import { type Dice, dice } from './dice.ts';
import { grabOutputs } from './grab.ts';
import { count } from './history.ts';
import { isTrader, secretOf, traderSigner } from './keys.ts';
import { anyMessage, flipped, tampered } from './lies.ts';
import { readMeter } from './perform.ts';
import type { AttackKind } from './steps.ts';

/** One hostile act of a party that has its seed, its old disks and its node. */
export async function attack(arena: Arena, party: Party, kind: AttackKind, seed: number): Promise<void> {
  const random = dice(seed);
  const { tap, node } = party;
  const peers = ROLES.filter((role) => role !== party.role).map((role) => arena.parties[role].node.id);
  const peer = random.pick(peers);
  const channelId = arena.history.identity?.channelId ?? new Uint8Array(32);
  switch (kind) {
    case 'oldCommitment':
      return oldCommitment(arena, party, random);
    case 'oldStore':
      if (party.backups.length > 0) await arena.restart(party.role, random.pick(party.backups).snapshot());
      return;
    case 'garbage':
      return tap.inject(peer, random.bytes(random.int(0, 200)));
    case 'message':
      return tap.inject(peer, anyMessage(random, channelId));
    case 'replay': {
      const old = tap.sent.length === 0 ? undefined : random.pick(tap.sent);
      if (old !== undefined) tap.inject(fromHex(old.peer), old.message);
      return;
    }
    case 'tamper':
      return once(party, random.int(0, 3), (message) => [tampered(random, message)]);
    case 'flip':
      return once(party, random.int(0, 3), (message) => [flipped(random, message)]);
    case 'drop':
      return once(party, random.int(0, 3), () => []);
    case 'twice':
      return once(party, random.int(0, 3), (message) => [message, message]);
    case 'withhold':
      party.withholds = true;
      return;
    case 'submitAgain':
      party.withholds = false;
      return;
    case 'mute':
      tap.outgoing = () => [];
      return;
    case 'speak':
      tap.outgoing = (_peer, message) => [message];
      return;
    case 'reconnect':
      return arena.network.disconnect(node.id, peer);
    case 'loneSpend':
      return loneSpend(arena, party);
    case 'jointSpend':
      return jointSpend(arena, party, random);
    case 'grabOutputs':
      return grabOutputs(arena, party, random.chance(0.5));
    case 'lie':
      party.exportWh += BigInt(random.int(0, 100));
      return readMeter(arena, party);
  }
}

/** Does something to one of the next messages, and is honest again after it. */
function once({ tap }: Party, skip: number, change: (message: Uint8Array) => readonly Uint8Array[]): void {
  let left = skip;
  tap.outgoing = (_peer, message) => {
    if (left-- > 0) return [message];
    tap.outgoing = (_next, honest) => [honest];
    return change(message);
  };
}

/** Gives a transaction to the chain past the party's own node. */
export async function submit(arena: Arena, party: Party, tx: Tx): Promise<boolean> {
  const result = await arena.eye.broadcast(tx);
  const heldN = newestHeld(arena.history, party.role);
  const reason = result.accepted ? '' : result.reason;
  arena.history.submissions.push({
    by: party.role,
    tx,
    accepted: result.accepted,
    reason,
    byNode: false,
    heldN,
  });
  return result.accepted;
}

/** Broadcasts a commitment that its secret is out for, or the newest at a bad moment. */
async function oldCommitment(arena: Arena, party: Party, random: Dice): Promise<void> {
  const { identity, parties } = arena.history;
  if (identity === undefined || !isTrader(party.role)) return;
  const held = [...parties[party.role].held.values()];
  if (held.length === 0) return;
  const old = held.filter(({ ledger }) => ledger.n < newestHeld(arena.history, party.role));
  const { ledger, remoteSignature } = random.pick(old.length > 0 && random.chance(0.8) ? old : held);
  const tx = traderSigner(party).completeCommitment(identity.contract, ledger, remoteSignature);
  const revoked = ledger.n < newestHeld(arena.history, party.role);
  if (await submit(arena, party, tx))
    count(arena.history, revoked ? 'breaches attempted' : 'own newest published');
}

/** Where thieves send what they take: nobody's script. */
export const LOOT = Uint8Array.of(0x00, 0x14, ...new Uint8Array(20).fill(0x66));

/** The whole funding output to the thief. */
function theft(arena: Arena, locktime: number, feeSat: bigint): Tx | undefined {
  const contract = arena.history.identity?.contract;
  if (contract === undefined) return undefined;
  const value = (fundingValueSat(contract) - feeSat) as Sat;
  return {
    version: 2,
    inputs: [unsignedInput(contract.funding)],
    outputs: [{ value, script: LOOT }],
    locktime,
  };
}

/** Takes the funding output with one key, in both places. */
async function loneSpend(arena: Arena, party: Party): Promise<void> {
  const contract = arena.history.identity?.contract;
  if (contract === undefined) return;
  for (const locktime of [0, arbitratedLocktime(contract)]) {
    const tx = theft(arena, locktime, 1001n);
    if (tx === undefined) return;
    const signature = secp.sign(fundingSighash(contract, tx), secretOf(party, 'funding'));
    for (const other of ROLES)
      if (other !== party.role)
        await submit(arena, party, spendFunding(contract, tx, [party.role, other], [signature, signature]));
  }
}

/** What two hostile parties can sign together: a penalty on any state that was ever agreed, or all of it for themselves. */
async function jointSpend(arena: Arena, party: Party, random: Dice): Promise<void> {
  const { identity } = arena.history;
  const accomplice = ROLES.map((role) => arena.parties[role]).find((each) => each.hostile && each !== party);
  if (identity === undefined || accomplice === undefined) return;
  const { contract } = identity;
  const pair = [party, accomplice];
  const tx = random.chance(0.5)
    ? theft(arena, pair.some(({ role }) => role === 'utility') ? arbitratedLocktime(contract) : 0, 1000n)
    : forgedPenalty(arena, random);
  if (tx === undefined) return;
  count(arena.history, 'joint spends tried');
  const signatures = pair.map((each) => secp.sign(fundingSighash(contract, tx), secretOf(each, 'funding')));
  const [first, second] = signatures;
  if (first === undefined || second === undefined) return;
  if (await submit(arena, party, spendFunding(contract, tx, [party.role, accomplice.role], [first, second])))
    count(arena.history, 'joint spends accepted');
}

function forgedPenalty(arena: Arena, random: Dice): Tx | undefined {
  const { identity, ledgers } = arena.history;
  if (identity === undefined || ledgers.size === 0) return undefined;
  const { ledger } = random.pick([...ledgers.values()]);
  const penalty = buildPenalty(identity.contract, ledger, 1000n as Sat, identity.payout);
  return penalty.ok ? penalty.value.tx : undefined;
}
