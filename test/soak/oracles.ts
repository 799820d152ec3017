import { toHex } from '../../src/base/bytes.ts';
import { counterpartyOf, ROLES, type Role, TRADERS, type Trader } from '../../src/base/role.ts';
import { fundingSighash } from '../../src/channel/localSigner.ts';
import { secretsHeld } from '../../src/channel/rounds.ts';
import { commitmentNumberOf } from '../../src/tx/commitment.ts';
import { type Balances, type Contract, capacityMsat } from '../../src/tx/contract.ts';
import { type Tx, txid } from '../../src/tx/transaction.ts';
import { secp } from '../support/curve.ts';
import type { Arena } from './arena.ts';
import type { Ending, EndOutput } from './ending.ts';
import { keyOf } from './history.ts';
import { floorOf, grossOf, isAtMercy, isEarned, utilityFloor } from './value.ts';

/** A property of protocol section 14 that did not hold. */
export interface Violation {
  readonly property: number;
  readonly text: string;
  /** What an honest party lost by it, satoshi. */
  readonly lossSat: bigint;
}

/** The schedule as the oracles see it once nothing more can happen on the chain. */
export interface Outcome {
  readonly arena: Arena;
  /** How the channel ended; `undefined` when the funding output was never spent. */
  readonly ending: Ending | undefined;
  /** What was spent in the best chain before the last word, for people. */
  readonly contract: Contract;
}

type Oracle = (outcome: Outcome) => readonly Violation[];

const violation = (property: number, text: string, lossSat = 0n): Violation => ({ property, text, lossSat });
const isHonest = ({ arena }: Outcome, role: Role) => !arena.parties[role].hostile;
const honestTraders = (outcome: Outcome) => TRADERS.filter((trader) => isHonest(outcome, trader));

/** 1: in every state that an honest party wrote, balances and deliveries sum to the capacity. */
const conservation: Oracle = ({ arena, contract }) => {
  const capacity = capacityMsat(contract.contributions);
  return [...arena.history.ledgers.values()].flatMap(({ where, ledger }) => {
    const sum = sumOf(ledger);
    if (sum === capacity) return [];
    return [violation(1, `${where} state ${ledger.n}: ${sum} msat of ${capacity}`)];
  });
};

function sumOf({ consumerMsat, producerMsat, utilityMsat, deliveries }: Balances): bigint {
  const locked = deliveries.reduce((sum, each) => sum + each.paymentMsat + each.bondMsat, 0n);
  return consumerMsat + producerMsat + utilityMsat + locked;
}

/** 2: every spend of the funding output that the chain took has signatures of two different parties. */
const twoSigners: Oracle = ({ arena, contract, ending }) => {
  const taken = arena.history.submissions.filter(({ accepted }) => accepted).map(({ tx }) => tx);
  const spends = [...taken, ...(ending === undefined ? [] : [ending.tx])].filter((tx) =>
    spendsFunding(contract, tx),
  );
  return [...new Map(spends.map((tx) => [txid(tx), tx])).values()]
    .filter((tx) => signersOf(contract, tx) < 2)
    .map(() => violation(2, 'the funding output was spent with the signature of one party'));
};

function spendsFunding({ funding }: Contract, tx: Tx): boolean {
  return tx.inputs.some(({ txid, vout }) => txid === funding.txid && vout === funding.vout);
}

/** Parties whose key signed, found by trying: independent of how the witness is laid out. */
function signersOf(contract: Contract, tx: Tx): number {
  const hash = fundingSighash(contract, tx);
  const [input] = tx.inputs;
  const signatures = (input?.witness ?? []).slice(0, -1).flatMap((item) => compactOf(item) ?? []);
  return ROLES.filter((role) =>
    signatures.some((signature) => secp.verify(hash, contract.keys[role].funding, signature)),
  ).length;
}

/** A DER signature with its hash type as 64 bytes. */
function compactOf(item: Uint8Array): Uint8Array | undefined {
  if (item.length < 9 || item[0] !== 0x30) return undefined;
  const rLength = item[3] ?? 0;
  const r = item.slice(4, 4 + rLength);
  const s = item.slice(6 + rLength, 6 + rLength + (item[5 + rLength] ?? 0));
  const out = new Uint8Array(64);
  for (const [number, end] of [
    [r, 32],
    [s, 64],
  ] as const) {
    const digits = number[0] === 0 ? number.slice(1) : number;
    if (digits.length > 32) return undefined;
    out.set(digits, end - digits.length);
  }
  return out;
}

/** 3: each honest side has at least its balance of the newest state that is final for it. */
const ownBalance: Oracle = (outcome) => {
  const found: Violation[] = [];
  for (const trader of honestTraders(outcome)) {
    const floor = floorOf(outcome, trader);
    if (floor === undefined) continue;
    if (outcome.ending === undefined)
      found.push(
        violation(3, `${trader}: the funding output is unspent long after the settlement height`, floor),
      );
    else found.push(...shortfall(3, outcome, trader, floor));
  }
  if (isHonest(outcome, 'utility')) {
    const floor = utilityFloor(outcome);
    if (floor !== undefined && outcome.ending !== undefined)
      found.push(...shortfall(3, outcome, 'utility', floor));
  }
  return found;
};

function shortfall(property: number, outcome: Outcome, role: Role, floor: bigint): readonly Violation[] {
  const gross = grossOf(outcome, role);
  if (gross >= floor) return [];
  const text = `${role} has ${gross} sat of at least ${floor} (${endingName(outcome)})`;
  return [violation(property, text, floor - gross)];
}

/** 4: whoever published a revoked commitment has nothing of it. */
const breachPaysNothing: Oracle = (outcome) => {
  const { ending } = outcome;
  const breach = ending === undefined ? undefined : breachOf(outcome);
  if (ending === undefined || breach === undefined) return [];
  const { arena } = outcome;
  const { forfeited } = arena.history.parties[counterpartyOf(breach)];
  // what was forfeited is the utility's: an accomplice can let its cheater have it
  const isGiven = ({ commitment }: EndOutput) =>
    arena.parties.utility.hostile &&
    commitment?.kind === 'delivery' &&
    forfeited.has(commitment.delivery.unit);
  const stolen = ending.outputs
    .filter(({ taken }) => taken?.by === breach && taken.how !== 'payment')
    .filter((output) => !isGiven(output));
  return stolen.map(({ value, vout }) =>
    violation(4, `${breach} took output ${vout} of its revoked commitment, ${value} sat`, value),
  );
};

/** The hostile trader whose revoked commitment ended the channel against an honest one. */
export function breachOf({ arena, ending }: Outcome): Trader | undefined {
  const commitment = ending?.commitment;
  if (commitment === undefined) return undefined;
  const { broadcaster, ledger } = commitment;
  const victim = counterpartyOf(broadcaster);
  const { rounds } = arena.history.parties[victim];
  if (!arena.parties[broadcaster].hostile || arena.parties[victim].hostile || rounds === undefined)
    return undefined;
  return ledger.n < secretsHeld(rounds) ? broadcaster : undefined;
}

/** 5: with an honest utility, a delivery that it did not attest is never paid with a preimage. */
const noPreimageNoPayment: Oracle = (outcome) => {
  const { arena, ending } = outcome;
  if (!isHonest(outcome, 'utility')) return [];
  const { attested, revealed } = arena.history.parties.utility;
  // section 9: to the victim of a breach the utility reveals those of units that ended in another way
  const toVictim = breachOf(outcome) === undefined ? new Set<string>() : revealed;
  return (ending?.outputs ?? []).flatMap(({ taken, vout }) => {
    const lock = taken?.revealed === null || taken === undefined ? undefined : toHex(taken.revealed.lock);
    if (lock === undefined || attested.has(lock) || toVictim.has(lock)) return [];
    return [violation(5, `output ${vout} was paid for a unit that was never attested`)];
  });
};

/** 6: a unit that its honest seller had an attestation for in time is not the utility's in the end. */
const deliveredIsPaid: Oracle = (outcome) => {
  const { arena, ending } = outcome;
  return honestTraders(outcome).flatMap((seller) =>
    (ending?.outputs ?? []).flatMap(({ commitment, taken, value, vout }) => {
      if (commitment?.kind !== 'delivery' || commitment.delivery.seller !== seller) return [];
      if (!isEarned(outcome, commitment.delivery, seller) || taken?.by === seller) return [];
      if (isAtMercy(outcome, seller) || arena.parties[seller].restored) return [];
      return [
        violation(6, `${seller} delivered in time, output ${vout} went to ${taken?.by ?? 'nobody'}`, value),
      ];
    }),
  );
};

/** 7: a utility that is hostile alone has its own and the deliveries in flight, no more. */
const utilityAlone: Oracle = (outcome) => {
  const { arena, ending } = outcome;
  const commitment = ending?.commitment;
  if (arena.setting.hostile.join() !== 'utility' || commitment === undefined) return [];
  const inFlight = commitment.ledger.deliveries.reduce(
    (sum, each) => sum + each.paymentMsat + each.bondMsat,
    0n,
  );
  const most = (commitment.ledger.utilityMsat + inFlight) / 1000n;
  const taken = (ending?.outputs ?? []).filter((each) => each.taken?.by === 'utility');
  const got = taken.reduce((sum, { value }) => sum + value, 0n);
  return got > most
    ? [violation(7, `the utility took ${got} sat, at most ${most} are its own`, got - most)]
    : [];
};

/** 8: no honest node ever gave a revoked commitment of its own to the chain. */
const nothingRevoked: Oracle = (outcome) =>
  outcome.arena.history.submissions.flatMap(({ by, tx, byNode, heldN }) => {
    if (!byNode || !isHonest(outcome, by) || !spendsFunding(outcome.contract, tx)) return [];
    const n = commitmentNumberOf(outcome.contract, tx);
    return n === undefined || n >= heldN
      ? []
      : [violation(8, `${by} broadcast its commitment ${n} of ${heldN}`)];
  });

/** 9: two honest traders that hold a state of one number hold the same. */
const agreement: Oracle = (outcome) => {
  if (honestTraders(outcome).length < 2) return [];
  const { consumer, producer } = outcome.arena.history.parties;
  return [...consumer.held].flatMap(([n, { ledger }]) => {
    const other = producer.held.get(n);
    if (other === undefined || keyOf(other.ledger) === keyOf(ledger)) return [];
    return [violation(9, `two states of number ${n}`)];
  });
};

/** 10: a seller without a word from the utility keeps everything but what it has in flight. */
const silentUtility: Oracle = (outcome) =>
  honestTraders(outcome).flatMap((trader) => {
    const floor = floorOf(outcome, trader, false);
    if (floor === undefined || outcome.ending === undefined) return [];
    return shortfall(10, outcome, trader, floor);
  });

/** Besides the ten: a node of ours never runs into its own bug. */
const noBugs: Oracle = ({ arena }) => arena.history.halted.map((text) => violation(0, text));

export const ORACLES: readonly Oracle[] = [
  conservation,
  twoSigners,
  ownBalance,
  breachPaysNothing,
  noPreimageNoPayment,
  deliveredIsPaid,
  utilityAlone,
  nothingRevoked,
  agreement,
  silentUtility,
  noBugs,
];

export function judge(outcome: Outcome): readonly Violation[] {
  return ORACLES.flatMap((oracle) => oracle(outcome));
}

export function endingName(outcome: Outcome): string {
  const { ending, contract } = outcome;
  if (ending === undefined) return 'unspent';
  if (breachOf(outcome) !== undefined) return 'breach';
  if (ending.commitment !== undefined) return 'commitment';
  if (commitmentNumberOf(contract, ending.tx) !== undefined) return 'unknown commitment';
  return ending.tx.locktime > 0 ? 'penalty' : 'close or joint spend';
}
