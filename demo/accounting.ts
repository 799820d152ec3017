import type { PerRole, Role, Trader } from '../src/index.ts';

/**
 * What each party must end with by the rules of docs/protocol.md, worked out from the facts that everyone can see
 * (prices, contributions, what became of each unit, the fees that were named) and from nothing that a node or a
 * wallet says of balances. Pure. Amounts of channel states in millisatoshi, of coins in satoshi.
 */
export interface Facts {
  readonly startedSat: PerRole<bigint>;
  readonly contributionsSat: PerRole<bigint>;
  /** What the producer always keeps on its side: no part of its stake. */
  readonly keptBackMsat: bigint;
  readonly gridFeePpm: bigint;
  readonly dustLimitSat: bigint;
  readonly funding: {
    /** Satoshi per 1,000 virtual bytes. */
    readonly feeRate: bigint;
    readonly parts: PerRole<{ readonly inputs: number; readonly change: boolean }>;
  };
  /** The price of each unit in turn, and how it ended. */
  readonly units: readonly { readonly paymentMsat: bigint; readonly outcome: Outcome }[];
  readonly ending: Ending;
  /** Transactions by which one party fetched coins, and `what` it fetched. */
  readonly claims: readonly { readonly role: Role; readonly what: string; readonly feeSat: bigint }[];
}

/**
 * `paid` in the channel; `awarded`: paid by the verdict that ended the channel; `forfeited` in the channel, to the utility; `penalised`: to the utility, by the transaction
 * that ended the channel; `claimed` on-chain by the producer with the secret; `expired`: claimed by the utility.
 */
export type Outcome = 'paid' | 'awarded' | 'forfeited' | 'penalised' | 'claimed' | 'expired';

export type Ending =
  | { readonly type: 'close'; readonly feeSat: bigint }
  | { readonly type: 'penalty'; readonly feeSat: bigint }
  | { readonly type: 'commitment' }
  /** `by` published the state after the first `afterUnits` units, which it had given up. */
  | {
      readonly type: 'breach';
      readonly by: Trader;
      readonly afterUnits: number;
      /** The other trader, or the utility in its place, by what the trader had signed for that. */
      readonly answeredBy: 'trader' | 'watchtower';
    };

/** One line of the accounts: millisatoshi, in or out. */
export interface Line {
  readonly label: string;
  readonly amounts: PerRole<bigint>;
}

export interface Accounts {
  /** From `started` to the end; they sum up to what each ends with. */
  readonly lines: readonly Line[];
  readonly expectedSat: PerRole<bigint>;
  /** What the transactions must pay as fee, satoshi. */
  readonly fees: { readonly funding: bigint; readonly ending: bigint };
  /** Left unspent for anybody: the anchor of a commitment. */
  readonly leftSat: bigint;
}

export const ROLES: readonly Role[] = ['consumer', 'producer', 'utility'];

/** The consumer pays it on top, for one unit in flight: 540 + 43 sat (protocol section 5). */
export const COMMITMENT_RESERVE_SAT = 583n;
export const ANCHOR_SAT = 240n;

/** What the answer to a breach fetches. */
export const JUSTICE = 'all that the cheat had';

/** Weight units: a signed taproot input, a taproot output, what is nobody's (header, and the funding output). */
const INPUT_WEIGHT = 230;
const OUTPUT_WEIGHT = 172;
const SHARED_WEIGHT = 42 + 172;

/** A party's share of the funding fee: for its own inputs and change, the consumer also for what is nobody's. */
export function fundingFeeShare(
  role: Role,
  { inputs, change }: { readonly inputs: number; readonly change: boolean },
  feeRate: bigint,
): bigint {
  const weight =
    inputs * INPUT_WEIGHT + (change ? OUTPUT_WEIGHT : 0) + (role === 'consumer' ? SHARED_WEIGHT : 0);
  return (BigInt(Math.ceil(weight / 4)) * feeRate + 999n) / 1000n;
}

/** A trader leaves its justice with the utility signed: its size is that of one input and one output, in virtual bytes. */
const JUSTICE_VBYTES = 133n;

/** What that pays at one of the rates that it is signed for, satoshi per 1,000 virtual bytes. */
export function justiceFee(feeRate: bigint): bigint {
  return (JUSTICE_VBYTES * feeRate + 999n) / 1000n;
}

/** The accounts of a whole channel life, from first coins to last. */
export function settleAccounts(facts: Facts): Accounts {
  const shares = perRole((role) => fundingFeeShare(role, facts.funding.parts[role], facts.funding.feeRate));
  const trade = tradeLines(facts);
  const balances = balancesAfter(facts, trade);
  const ending = endingLines(facts, balances, trade.onChain);
  const started = line('started with', (role) => 1000n * facts.startedSat[role]);
  const funding = line('fee: opening transaction', (role) => -1000n * shares[role]);
  const claims = facts.claims.map(({ role, what, feeSat }) =>
    line(`fee: fetching ${what}`, (each) => (each === role ? -1000n * feeSat : 0n)),
  );
  const lines = [started, ...trade.lines, funding, ...ending.lines.filter(isNotEmpty), ...merged(claims)];
  return {
    lines,
    expectedSat: perRole((role) => total(lines, role) / 1000n),
    fees: { funding: sum(ROLES.map((role) => shares[role])), ending: ending.feeSat },
    leftSat: facts.ending.type === 'commitment' || facts.ending.type === 'breach' ? ANCHOR_SAT : 0n,
  };
}

/** Where expected and found differ; empty when every satoshi is where it belongs. */
export function mismatches(expected: PerRole<bigint>, found: PerRole<bigint>): readonly string[] {
  return ROLES.filter((role) => expected[role] !== found[role]).map((role) => {
    const difference = found[role] - expected[role];
    const by = difference > 0n ? `${difference} sat too much` : `${-difference} sat missing`;
    return `the ${role} must end with ${expected[role]} sat, the node finds ${found[role]}: ${by}`;
  });
}

function balancesAfter({ contributionsSat }: Facts, { lines, onChain }: Traded): PerRole<bigint> {
  return perRole((role) => 1000n * contributionsSat[role] + total(lines, role) - onChain[role]);
}

interface Traded {
  readonly lines: readonly Line[];
  readonly onChain: PerRole<bigint>;
}

/** What the units moved, and the part of it that is in an output of its own when the channel ends. */
function tradeLines({ units, contributionsSat, keptBackMsat, gridFeePpm }: Facts): Traded {
  let producerMsat = 1000n * contributionsSat.producer;
  const moved = { energy: 0n, gridFee: 0n, lostPayment: 0n, lostBond: 0n };
  let onChain = perRole(() => 0n);
  for (const { paymentMsat, outcome } of units) {
    const bondMsat = stakeBehind(producerMsat - keptBackMsat, 1000n * contributionsSat.producer);
    const atEnd = paymentMsat + bondMsat;
    if (outcome === 'paid' || outcome === 'awarded') {
      const gridFee = (paymentMsat * gridFeePpm) / 1_000_000n;
      moved.energy += paymentMsat;
      moved.gridFee += gridFee;
      producerMsat += paymentMsat - gridFee;
    } else if (outcome === 'claimed') {
      moved.energy += paymentMsat;
      onChain = { ...onChain, producer: atEnd };
    } else {
      moved.lostPayment += paymentMsat;
      moved.lostBond += bondMsat;
      producerMsat -= bondMsat;
      if (outcome === 'expired') onChain = { ...onChain, utility: atEnd };
    }
  }
  const { energy, gridFee, lostPayment, lostBond } = moved;
  const lines = [
    lineOf('energy delivered', { consumer: -energy, producer: energy, utility: 0n }),
    lineOf('grid fee', { consumer: 0n, producer: -gridFee, utility: gridFee }),
    lineOf('payment for the missing unit', { consumer: -lostPayment, producer: 0n, utility: lostPayment }),
    lineOf('stake behind the missing unit', { consumer: 0n, producer: -lostBond, utility: lostBond }),
  ];
  return { lines: lines.filter(isNotEmpty), onChain };
}

/** Bond policy `stake` (protocol section 2): the contribution, or what is left of it above what must stay. */
function stakeBehind(freeMsat: bigint, contributionMsat: bigint): bigint {
  if (freeMsat <= 0n) return 0n;
  return freeMsat < contributionMsat ? freeMsat : contributionMsat;
}

/** The reserve, the fee of the transaction that ends the channel, and what whole satoshi leave out. */
function endingLines(facts: Facts, balances: PerRole<bigint>, onChain: PerRole<bigint>): Ended {
  const { ending, dustLimitSat } = facts;
  if (ending.type === 'breach') return breachLines(facts, ending, balances);
  const lost = perRole((role) => cutOff(balances[role], dustLimitSat) + cutOff(onChain[role], dustLimitSat));
  if (ending.type === 'commitment') return commitmentLines(lost);
  const rounding = roundingLine(lost);
  const roundedSat = sum(ROLES.map((role) => lost[role])) / 1000n;
  const { feeSat } = ending;
  const payer: Role = ending.type === 'close' ? 'consumer' : 'utility';
  const fromReserve = feeSat < COMMITMENT_RESERVE_SAT ? feeSat : COMMITMENT_RESERVE_SAT;
  const rest = line(CLOSING_FEE, (role) => (role === payer ? -1000n * (feeSat - fromReserve) : 0n));
  const lines = [...merged([consumerPays(CLOSING_FEE, fromReserve), rest]), rounding];
  return { lines, feeSat: feeSat + roundedSat };
}

const CLOSING_FEE = 'fee: closing transaction';

interface Ended {
  readonly lines: readonly Line[];
  readonly feeSat: bigint;
}

/** The reserve pays for a commitment: its fee, and the anchor. */
function commitmentLines(lost: PerRole<bigint>): Ended {
  const feeSat = COMMITMENT_RESERVE_SAT - ANCHOR_SAT;
  const lines = [
    consumerPays(CLOSING_FEE, feeSat),
    consumerPays('left for anyone (the anchor)', ANCHOR_SAT),
    roundingLine(lost),
  ];
  return { lines, feeSat: feeSat + sum(ROLES.map((role) => lost[role])) / 1000n };
}

/**
 * The cheat's part of the old state is the other trader's, who pays the utility from it what the newest state owes it
 * beyond the old one: after what it owes the trader itself, and if it is enough for an output (docs/adr/0010). A watchtower
 * has one signature, which pays the trader.
 */
function breachLines(facts: Facts, { by, afterUnits, answeredBy }: Breach, balances: PerRole<bigint>): Ended {
  const { dustLimitSat } = facts;
  const before = { ...facts, units: facts.units.slice(0, afterUnits) };
  const old = balancesAfter(before, tradeLines(before));
  const lost = perRole((role) => cutOff(old[role], dustLimitSat));
  const victim = by === 'consumer' ? 'producer' : 'consumer';
  const owedTo = (role: Role) => balances[role] / 1000n - (old[role] - lost[role]) / 1000n;
  const takenSat = (old[by] - lost[by]) / 1000n - sum(justiceFees(facts));
  const freeSat = takenSat - most(owedTo(victim), dustLimitSat);
  const paidSat = answeredBy === 'watchtower' ? 0n : least(owedTo('utility'), freeSat);
  const paidMsat = paidSat < dustLimitSat ? 0n : 1000n * paidSat;
  const unpaid = balances.utility - old.utility - paidMsat;
  const none = perRole(() => 0n);
  const { lines, feeSat } = commitmentLines({
    ...none,
    [victim]: lost.consumer + lost.producer,
    utility: lost.utility,
  });
  const taken = [
    lineOf(JUSTICE, { ...none, [by]: -balances[by], [victim]: balances[by] }),
    lineOf(answeredBy === 'trader' ? 'too little to pay the utility' : 'not paid to the utility', {
      ...none,
      utility: -unpaid,
      [victim]: unpaid,
    }),
  ];
  return { lines: [...taken.filter(isNotEmpty), ...lines], feeSat };
}

function justiceFees({ claims }: Facts): readonly bigint[] {
  return claims.filter(({ what }) => what === JUSTICE).map(({ feeSat }) => feeSat);
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

type Breach = Extract<Ending, { type: 'breach' }>;

function roundingLine(lost: PerRole<bigint>): Line {
  return line('fee: what is below one sat', (role) => -lost[role]);
}

/** What of an amount does not become an output: the part below one satoshi, or all of it below the dust limit. */
function cutOff(msat: bigint, dustLimitSat: bigint): bigint {
  return msat / 1000n < dustLimitSat ? msat : msat % 1000n;
}

function consumerPays(label: string, feeSat: bigint): Line {
  return line(label, (role) => (role === 'consumer' ? -1000n * feeSat : 0n));
}

/** Lines of one name as one: the parties' columns side by side. */
function merged(lines: readonly Line[]): readonly Line[] {
  const labels = [...new Set(lines.map(({ label }) => label))];
  return labels.map((label) => {
    const same = lines.filter((each) => each.label === label);
    return line(label, (role) => total(same, role));
  });
}

function line(label: string, amount: (role: Role) => bigint): Line {
  return { label, amounts: perRole(amount) };
}

function lineOf(label: string, amounts: PerRole<bigint>): Line {
  return { label, amounts };
}

function isNotEmpty({ amounts }: Line): boolean {
  return ROLES.some((role) => amounts[role] !== 0n);
}

function total(lines: readonly Line[], role: Role): bigint {
  return sum(lines.map(({ amounts }) => amounts[role]));
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((all, each) => all + each, 0n);
}

export function perRole<T>(make: (role: Role) => T): PerRole<T> {
  return { consumer: make('consumer'), producer: make('producer'), utility: make('utility') };
}
