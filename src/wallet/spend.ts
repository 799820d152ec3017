import type { Sat } from '../base/amount.ts';
import { concat, fromHex, uintBE } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import { sha256 } from '../crypto/hash.ts';
import { compareOutputs, type OutPoint, type Tx, type TxOutput, unsignedInput } from '../tx/transaction.ts';
import { outputWeight, TX_OVERHEAD_WEIGHT } from '../tx/weights.ts';
import { type Coin, ownedOutput, type SpendPolicy, spendableCoins } from './coins.ts';
import { dustLimit } from './dust.ts';
import type { Scheme } from './hd.ts';
import { schemeOf } from './keySpend.ts';
import { giveScript } from './lookahead.ts';
import {
  inputWeightOf,
  type Selection,
  type SelectionError,
  type SelectionLimits,
  selectAll,
  selectCoins,
} from './selection.ts';
import type { WalletState } from './state.ts';

/** A coin of the wallet as an input. */
export interface SpendInput extends OutPoint, TxOutput {
  /** Weight units of the signed input. */
  readonly weight: number;
}

export interface ContributionRequest {
  /** What the coins shall come to besides the fee and change. */
  readonly target: Sat;
  /** Weight units, besides inputs and change, whose fee the coins pay as well. */
  readonly baseWeight: number;
  /** Satoshi per 1,000 virtual bytes. */
  readonly feeRate: bigint;
  readonly policy: SpendPolicy;
  /** How change is locked. */
  readonly scheme: Scheme;
  /** Change under this is left to the fee; by default what nodes relay. */
  readonly leastChange?: Sat;
  readonly limits?: SelectionLimits;
}

export interface Contribution {
  readonly inputs: readonly SpendInput[];
  readonly change: TxOutput | null;
  readonly fee: Sat;
  /** The state that knows the change address as handed out. */
  readonly state: WalletState;
}

/** Coins for a transaction that others may pay into as well: inputs worth the target, their own fee and change. */
export function planContribution(
  state: WalletState,
  request: ContributionRequest,
): Result<Contribution, SelectionError> {
  const candidates = spendableCoins(state, request.policy).map(inputOf);
  return contribution(state, request, [], candidates);
}

/** As {@link planContribution}, with inputs that must be in. */
export function contribution(
  state: WalletState,
  request: ContributionRequest,
  required: readonly SpendInput[],
  candidates: readonly SpendInput[],
  reusedChange?: Uint8Array,
): Result<Contribution, SelectionError> {
  const given = giveScript(state, request.scheme, 'change');
  const script = reusedChange ?? given.script;
  const selected = selectCoins({
    ...request,
    ...(required.length > 0 ? { required } : {}),
    candidates,
    change: { outputWeight: outputWeight(script), dustLimit: request.leastChange ?? dustLimit(script) },
    seed: drawSeed(candidates, request.target),
  });
  if (!selected.ok) return selected;
  const { inputs, change, fee } = selected.value;
  if (change === null) return ok({ inputs, change, fee, state });
  const after = reusedChange === undefined ? given.state : state;
  return ok({ inputs, change: { value: change, script }, fee, state: after });
}

/** The draw differs from wallet to wallet and from payment to payment, and repeats for the same coins and amount: no randomness is needed. */
function drawSeed(candidates: readonly SpendInput[], target: Sat): Uint8Array {
  const outpoints = candidates.map(({ txid, vout }) => concat(fromHex(txid), uintBE(vout, 4)));
  return sha256(concat(...outpoints, uintBE(target, 8)));
}

export interface SpendRequest {
  /** Who is paid; `all` stands for everything there is, less the fee. */
  readonly to: Uint8Array;
  readonly amount: Sat | 'all';
  readonly feeRate: bigint;
  /** The recipient gets the amount less the fee. */
  readonly subtractFee: boolean;
  readonly policy: SpendPolicy;
}

export type SpendError =
  | SelectionError
  | { readonly code: 'amountBelowDust'; readonly amountSat: bigint; readonly dustLimitSat: Sat };

/** A transaction that is not signed yet. */
export interface SpendPlan {
  readonly tx: Tx;
  readonly fee: Sat;
  readonly change: TxOutput | null;
  /** The state that knows the change address as handed out. */
  readonly state: WalletState;
}

/** A payment from the wallet's spendable coins: version 2, replaceable, inputs and outputs in an order that does not tell which is the change. */
export function planSpend(state: WalletState, request: SpendRequest): Result<SpendPlan, SpendError> {
  if (request.amount === 'all') return planAll(state, request);
  return request.subtractFee
    ? planSubtracted(state, request, request.amount)
    : planExact(state, request, request.amount);
}

function planExact(
  state: WalletState,
  { to, feeRate, policy }: SpendRequest,
  amount: Sat,
): Result<SpendPlan, SpendError> {
  if (amount < dustLimit(to)) return belowDust(amount, to);
  const scheme = changeSchemeFor(to);
  const part = planContribution(state, {
    target: amount,
    baseWeight: baseWeightOf(to),
    feeRate,
    policy,
    scheme,
  });
  return part.ok ? ok(assemble(part.value, [{ value: amount, script: to }])) : part;
}

/** Selects as if the transaction were free, then takes the fee of the result from the recipient. */
function planSubtracted(
  state: WalletState,
  { to, feeRate, policy }: SpendRequest,
  amount: Sat,
): Result<SpendPlan, SpendError> {
  const candidates = spendableCoins(state, policy)
    .map(inputOf)
    .filter((coin) => isWorthwhile(coin, feeRate));
  const request = {
    target: amount,
    baseWeight: baseWeightOf(to),
    feeRate: 0n,
    policy,
    scheme: changeSchemeFor(to),
  };
  const part = contribution(state, request, [], candidates);
  if (!part.ok) return part;
  const { inputs, change, fee: leftOver } = part.value;
  const owed = selectAll({
    baseWeight: baseWeightOf(to) + (change === null ? 0 : outputWeight(change.script)),
    feeRate,
    required: inputs,
    candidates: [],
  });
  if (!owed.ok) return owed;
  const fee = owed.value.fee > leftOver ? owed.value.fee : leftOver;
  const received = amount + leftOver - fee;
  if (received < dustLimit(to)) return belowDust(received, to);
  return ok(assemble({ ...part.value, fee }, [{ value: received as Sat, script: to }]));
}

function planAll(state: WalletState, { to, feeRate, policy }: SpendRequest): Result<SpendPlan, SpendError> {
  const candidates = spendableCoins(state, policy).map(inputOf);
  const all: Result<Selection<SpendInput>, SelectionError> = selectAll({
    baseWeight: baseWeightOf(to),
    feeRate,
    candidates,
  });
  if (!all.ok) return all;
  const { inputs, fee } = all.value;
  const received = inputs.reduce((sum, { value }) => sum + value, 0n) - fee;
  if (received < dustLimit(to)) return belowDust(received, to);
  return ok(assemble({ inputs, change: null, fee, state }, [{ value: received as Sat, script: to }]));
}

/** The transaction of a selection; both lists sorted as in BIP69. */
export function assemble(
  { inputs, change, fee, state }: Contribution,
  payments: readonly TxOutput[],
): SpendPlan {
  const outputs = change === null ? payments : [...payments, change];
  const tx: Tx = {
    version: 2,
    inputs: [...inputs].sort(compareOutpoints).map((input) => unsignedInput(input)),
    outputs: [...outputs].sort(compareOutputs),
    locktime: 0,
  };
  return { tx, fee, change, state };
}

/** What the transaction weighs besides inputs and change. */
export function baseWeightOf(...scripts: readonly Uint8Array[]): number {
  return scripts.reduce((weight, script) => weight + outputWeight(script), TX_OVERHEAD_WEIGHT);
}

export function inputOf({ txid, vout, value, script }: Coin): SpendInput {
  return { txid, vout, value, script, weight: inputWeightOf(script) };
}

/** What an input of one of the wallet's transactions spends; `undefined` when it is not a coin of the wallet. */
export function ownInput(state: WalletState, { txid, vout }: OutPoint): SpendInput | undefined {
  const output = ownedOutput(state, { txid, vout });
  if (output?.owner.type !== 'wallet') return undefined;
  const { value, script } = output;
  return { txid, vout, value, script, weight: inputWeightOf(script) };
}

/** Change looks like the payment: P2WPKH beside P2WPKH, else P2TR. */
export function changeSchemeFor(script: Uint8Array): Scheme {
  return schemeOf(script) ?? 'bip86';
}

function isWorthwhile({ value, weight }: SpendInput, feeRate: bigint): boolean {
  return value * 4000n > BigInt(weight) * feeRate;
}

function belowDust(amountSat: bigint, script: Uint8Array): { ok: false; error: SpendError } {
  return err({ code: 'amountBelowDust', amountSat, dustLimitSat: dustLimit(script) });
}

function compareOutpoints(a: OutPoint, b: OutPoint): number {
  if (a.txid !== b.txid) return a.txid < b.txid ? -1 : 1;
  return a.vout - b.vout;
}
