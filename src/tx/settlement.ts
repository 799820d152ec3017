import { type Msat, msatToSatFloor, partsPerMillion, type Sat } from '../base/amount.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type PerRole, ROLES, type Role, type Trader } from '../base/role.ts';
import { fundingSpec } from './commitment.ts';
import { type Balances, type Contract, commitmentReserveSat } from './contract.ts';
import { absoluteLock, type Spend, witnessWeight } from './spending.ts';
import { compareOutputs, type Tx, unsignedInput } from './transaction.ts';
import { INPUT_BASE_WEIGHT, outputWeight, TX_OVERHEAD_WEIGHT, vbytes } from './weights.ts';

/** Where each party's coins go. */
export type PayoutScripts = PerRole<Uint8Array>;

/** The fee is more than its payer has, or leaves no output above the dust limit: no transaction may be without one. */
export interface FeeTooHigh {
  readonly code: 'feeTooHigh';
  readonly feeSat: Sat;
  /** The most that the party which pays the fee has. */
  readonly availableSat: Sat;
}

/** A transaction that ends the channel on the funding output itself. */
export interface Settlement {
  readonly tx: Tx;
  /** What each party gets; 0 when its output would be dust and was left out. */
  readonly paidSat: PerRole<Sat>;
  /** The fee named and what rounding and dust add to it. */
  readonly feeSat: Sat;
}

/**
 * The cooperative close (protocol section 5): no delivery in flight, balances to the payout scripts. The
 * commitment reserve goes to the fee first, what is left of it to the opener; the closer pays the rest of
 * the fee from its own output.
 */
export function buildClose(
  contract: Contract,
  state: Balances,
  closer: Trader,
  feeSat: Sat,
  payout: PayoutScripts,
): Result<Settlement, FeeTooHigh> {
  const amounts = {
    consumer: msatToSatFloor(state.consumerMsat),
    producer: msatToSatFloor(state.producerMsat),
    utility: msatToSatFloor(state.utilityMsat),
  };
  return settle(contract, amounts, closer, feeSat, payout, 0);
}

/**
 * The arbitrated end (protocol section 9): a delivery that is `delivered` (by id) pays its seller as a settling round
 * does, grid fee to the utility; every other one goes to the utility, payment and bond; the rest is as in the state.
 * The utility signs with one trader. The fee comes from the reserve, then from what is forfeited, never from a balance.
 */
export function buildPenalty(
  contract: Contract,
  state: Balances,
  feeSat: Sat,
  payout: PayoutScripts,
  delivered: readonly bigint[] = [],
): Result<Settlement, FeeTooHigh> {
  const msat: Record<Role, bigint> = {
    consumer: state.consumerMsat,
    producer: state.producerMsat,
    utility: state.utilityMsat,
  };
  let forfeited = 0n;
  for (const { id, seller, paymentMsat, bondMsat } of state.deliveries) {
    if (delivered.includes(id)) {
      const gridFee = partsPerMillion(paymentMsat, contract.params.gridFeePpm);
      msat[seller] += paymentMsat - gridFee + bondMsat;
      msat.utility += gridFee;
    } else forfeited += paymentMsat + bondMsat;
  }
  const reserve = commitmentReserveSat(contract.params.maxInFlight);
  const availableSat = (reserve + msatToSatFloor(forfeited as Msat)) as Sat;
  if (feeSat > availableSat) return err({ code: 'feeTooHigh', feeSat, availableSat });
  const amounts = {
    consumer: msatToSatFloor(msat.consumer as Msat),
    producer: msatToSatFloor(msat.producer as Msat),
    utility: msatToSatFloor((msat.utility + forfeited) as Msat),
  };
  return settle(contract, amounts, 'utility', feeSat, payout, arbitratedLocktime(contract));
}

/** Locktime of a transaction that the utility signs: the height from which its key counts. */
export function arbitratedLocktime(contract: Contract): number {
  return absoluteLock({ path: 'twoOfThree', spec: fundingSpec(contract), signers: ['consumer', 'utility'] });
}

function settle(
  contract: Contract,
  amounts: PerRole<Sat>,
  feePayer: Role,
  feeSat: Sat,
  payout: PayoutScripts,
  locktime: number,
): Result<Settlement, FeeTooHigh> {
  const reserve = commitmentReserveSat(contract.params.maxInFlight);
  const fromReserve = feeSat < reserve ? feeSat : reserve;
  const fromPayer = feeSat - fromReserve;
  const tooHigh = err({
    code: 'feeTooHigh',
    feeSat,
    availableSat: (reserve + amounts[feePayer]) as Sat,
  } as const);
  if (fromPayer > amounts[feePayer]) return tooHigh;
  const paidSat = perRole((role) => {
    const left = role === OPENER ? reserve - fromReserve : 0n;
    const fee = role === feePayer ? fromPayer : 0n;
    const amount = (amounts[role] + left - fee) as Sat;
    return amount < contract.params.dustLimitSat ? (0n as Sat) : amount;
  });
  const outputs = ROLES.filter((role) => paidSat[role] > 0n)
    .map((role) => ({ value: paidSat[role], script: payout[role] }))
    .sort(compareOutputs);
  if (outputs.length === 0) return tooHigh;
  const funded =
    contract.contributions.consumer + contract.contributions.producer + contract.contributions.utility;
  const total = funded / 1000n + reserve;
  const paid = ROLES.reduce((sum, role) => sum + paidSat[role], 0n);
  const tx: Tx = { version: 2, inputs: [unsignedInput(contract.funding)], outputs, locktime };
  return ok({ tx, paidSat, feeSat: (total - paid) as Sat });
}

/** The consumer coordinates the opening and pays the commitment reserve. */
export const OPENER: Role = 'consumer';

/** Declared size of a close or penalty that pays all three, in virtual bytes. */
export function settlementVbytes(contract: Contract, payout: PayoutScripts): number {
  const spend: Spend = { path: 'twoOfThree', spec: fundingSpec(contract), signers: ['consumer', 'producer'] };
  const outputs = ROLES.reduce((sum, role) => sum + outputWeight(payout[role]), 0);
  return vbytes(TX_OVERHEAD_WEIGHT + INPUT_BASE_WEIGHT + witnessWeight(spend) + outputs);
}

function perRole<T>(make: (role: Role) => T): PerRole<T> {
  return { consumer: make('consumer'), producer: make('producer'), utility: make('utility') };
}
