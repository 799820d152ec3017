import { type Sat, ZERO_SAT } from '../base/amount.ts';
import { invariant } from '../base/invariant.ts';
import { err, ok, type Result } from '../base/result.ts';
import { feeFor } from '../chain/port.ts';
import { P2TR_INPUT_WEIGHT, P2WPKH_INPUT_WEIGHT, vbytes } from '../tx/weights.ts';
import { changelessMatch } from './branchAndBound.ts';
import { shuffled } from './shuffle.ts';

/** A coin that may be spent. Anything more that the caller hangs on it comes back with the selection. */
export interface Candidate {
  readonly value: Sat;
  /** Weight units of the signed input. */
  readonly weight: number;
}

export interface SelectionRequest<C extends Candidate> {
  /** What the transaction pays besides fee and change. */
  readonly target: Sat;
  /** Weight units of the transaction without the inputs chosen here and without change. */
  readonly baseWeight: number;
  /** Satoshi per 1,000 virtual bytes. */
  readonly feeRate: bigint;
  /** Inputs that must be in (a replacement keeps those of the original). */
  readonly required?: readonly C[];
  readonly candidates: readonly C[];
  readonly change: ChangeCost;
  /** Decides the random draw: the same request and seed give the same selection. */
  readonly seed: Uint8Array;
  readonly limits?: SelectionLimits;
}

export interface SelectionLimits {
  /** Weight units; by default what nodes relay. */
  readonly maxWeight?: number;
  /** By default as many as the weight allows. */
  readonly maxInputs?: number;
}

/** What a change output costs. */
export interface ChangeCost {
  /** Weight units of the change output. */
  readonly outputWeight: number;
  /** Change under this value is left to the fee. */
  readonly dustLimit: Sat;
}

export interface Selection<C extends Candidate> {
  /** The required ones first. */
  readonly inputs: readonly C[];
  /** `null`: no change output; what is left over is in the fee. */
  readonly change: Sat | null;
  readonly fee: Sat;
}

export type SelectionError =
  | { readonly code: 'insufficientFunds'; readonly neededSat: Sat; readonly availableSat: Sat }
  | TooLarge;

export type TooLarge =
  | { readonly code: 'transactionTooHeavy'; readonly weight: number; readonly maxWeight: number }
  | { readonly code: 'tooManyInputs'; readonly inputs: number; readonly maxInputs: number };

/** The heaviest transaction that nodes relay, weight units. */
export const MAX_STANDARD_WEIGHT = 400_000;
/** A random draw goes on until change is a coin worth having, as Bitcoin Core does (its `CHANGE_LOWER`). */
const COMFORTABLE_CHANGE = 50_000n;

/** Weight of spending a coin with one of the wallet's scripts: P2WPKH is 22 bytes long, P2TR 34. */
export function inputWeightOf(script: Uint8Array): number {
  return script.length === 22 ? P2WPKH_INPUT_WEIGHT : P2TR_INPUT_WEIGHT;
}

/**
 * Chooses the coins of a transaction.
 *
 * Three attempts, each judged by the exact fee of the exact weight: (1) branch and bound for a set that
 * needs no change: cheapest, and no change to give away what was paid; (2) a single random draw, so that
 * neither the age nor the size of the wallet's coins shows, and change is of a size like payments are;
 * (3) largest first: the draw may want more than there is, this one succeeds whenever any set does.
 * Our own rather than a package: those for JavaScript count in floating point and P2PKH bytes, draw from
 * ambient randomness and know nothing of required inputs.
 *
 * Never overspends, never makes change under its dust limit. Errors: `insufficientFunds` with what the
 * transaction needs when all worthwhile coins are in it and what these are worth, `transactionTooHeavy`,
 * `tooManyInputs`.
 */
export function selectCoins<C extends Candidate>(
  request: SelectionRequest<C>,
): Result<Selection<C>, SelectionError> {
  invariant(request.feeRate >= 0n && request.target >= 0n, 'negative fee rate or target');
  const worthwhile = worthwhileOf(request);
  const enough =
    requiredAlone(request) ??
    exactMatch(request, worthwhile) ??
    randomDraw(request, worthwhile) ??
    largestFirst(request);
  if (enough === undefined) return err(insufficient(request, worthwhile));
  if (excessOf(request, enough) === undefined) return ok(enough);
  const smallest = largestFirst(request) ?? enough;
  const excess = excessOf(request, smallest);
  return excess === undefined ? ok(smallest) : err(excess);
}

/** All required and all worthwhile candidates as inputs and no change: the caller pays out their value minus the fee. */
export function selectAll<C extends Candidate>(
  request: Omit<SelectionRequest<C>, 'target' | 'change' | 'seed'>,
): Result<Selection<C>, SelectionError> {
  const inputs = [...(request.required ?? []), ...worthwhileOf(request)];
  const tally = tallyOf(request.baseWeight, inputs);
  const fee = feeFor(vbytes(transactionWeight(tally)), request.feeRate);
  const excess = excessOf({ ...request, change: NO_CHANGE }, { inputs, change: null, fee });
  if (excess !== undefined) return err(excess);
  if (inputs.length === 0 || tally.value < fee)
    return err({ code: 'insufficientFunds', neededSat: fee, availableSat: tally.value });
  return ok({ inputs, change: null, fee });
}

const NO_CHANGE: ChangeCost = { outputWeight: 0, dustLimit: ZERO_SAT };

function requiredAlone<C extends Candidate>(request: SelectionRequest<C>): Selection<C> | undefined {
  return request.required === undefined ? undefined : settle(request, baseTally(request), []);
}

function exactMatch<C extends Candidate>(
  request: SelectionRequest<C>,
  worthwhile: readonly C[],
): Selection<C> | undefined {
  const { feeRate, change } = request;
  const base = baseTally(request);
  const owed = (request.target - base.value) * SCALE + BigInt(transactionWeight(base)) * feeRate;
  const values = worthwhile.map((coin) => effectiveValue(coin, feeRate));
  const tolerance = BigInt(change.outputWeight) * feeRate + change.dustLimit * SCALE;
  // the closest match may lack the fraction by which its fee is rounded up: only then look above it
  for (const rounding of [0n, roundingOf(feeRate)]) {
    const chosen = changelessMatch({ values, target: owed + rounding, tolerance });
    if (chosen === undefined) return undefined;
    const coins = chosen.map((index) => worthwhile[index] as C);
    const selection = settle(request, coins.reduce(addTo, base), coins);
    if (selection !== undefined) return selection;
  }
  return undefined;
}

function randomDraw<C extends Candidate>(
  request: SelectionRequest<C>,
  worthwhile: readonly C[],
): Selection<C> | undefined {
  return firstPrefix(
    request,
    shuffled(worthwhile, request.seed),
    ({ change }) => change !== null && change >= COMFORTABLE_CHANGE,
  );
}

/** Adds coins by falling worth, in the end also those that cost more than they bring: whatever can be paid is paid at the latest with all of them. */
function largestFirst<C extends Candidate>(request: SelectionRequest<C>): Selection<C> | undefined {
  const worth = (coin: C) => effectiveValue(coin, request.feeRate);
  return firstPrefix(
    request,
    [...request.candidates].sort((a, b) => compare(worth(b), worth(a))),
    () => true,
  );
}

/** The selection of the fewest coins from the front of `coins` that pays and passes `accept`. */
function firstPrefix<C extends Candidate>(
  request: SelectionRequest<C>,
  coins: readonly C[],
  accept: (outcome: Outcome) => boolean,
): Selection<C> | undefined {
  let tally = baseTally(request);
  for (const [index, coin] of coins.entries()) {
    tally = addTo(tally, coin);
    const outcome = outcomeOf(request, tally);
    if (outcome !== undefined && accept(outcome)) return settle(request, tally, coins.slice(0, index + 1));
  }
  return undefined;
}

function settle<C extends Candidate>(
  request: SelectionRequest<C>,
  tally: Tally,
  coins: readonly C[],
): Selection<C> | undefined {
  const outcome = outcomeOf(request, tally);
  return outcome && { inputs: [...(request.required ?? []), ...coins], ...outcome };
}

interface Outcome {
  readonly change: Sat | null;
  readonly fee: Sat;
}

/** Change where it is no dust; `undefined` when the inputs do not pay for the transaction. */
function outcomeOf(request: SelectionRequest<Candidate>, tally: Tally): Outcome | undefined {
  if (tally.count === 0) return undefined;
  const weight = transactionWeight(tally);
  const left = tally.value - request.target;
  const change = left - feeFor(vbytes(weight + request.change.outputWeight), request.feeRate);
  if (change > 0n && change >= request.change.dustLimit)
    return { change: change as Sat, fee: (left - change) as Sat };
  return left >= feeFor(vbytes(weight), request.feeRate) ? { change: null, fee: left as Sat } : undefined;
}

function insufficient<C extends Candidate>(
  request: SelectionRequest<C>,
  worthwhile: readonly C[],
): SelectionError {
  const all = worthwhile.reduce(addTo, baseTally(request));
  const fee = feeFor(vbytes(transactionWeight(all)), request.feeRate);
  return {
    code: 'insufficientFunds',
    neededSat: (request.target + fee) as Sat,
    availableSat: all.value,
  };
}

function worthwhileOf<C extends Candidate>({
  candidates,
  feeRate,
}: Pick<SelectionRequest<C>, 'candidates' | 'feeRate'>): readonly C[] {
  return candidates.filter((coin) => effectiveValue(coin, feeRate) > 0n);
}

/** Which limit a selection goes over; `undefined` when none. */
function excessOf(
  { baseWeight, change, limits = {} }: Pick<SelectionRequest<Candidate>, 'baseWeight' | 'change' | 'limits'>,
  selection: Selection<Candidate>,
): TooLarge | undefined {
  const { maxWeight = MAX_STANDARD_WEIGHT, maxInputs = Number.POSITIVE_INFINITY } = limits;
  const changeWeight = selection.change === null ? 0 : change.outputWeight;
  const weight = transactionWeight(tallyOf(baseWeight, selection.inputs)) + changeWeight;
  const inputs = selection.inputs.length;
  if (weight > maxWeight) return { code: 'transactionTooHeavy', weight, maxWeight };
  return inputs > maxInputs ? { code: 'tooManyInputs', inputs, maxInputs } : undefined;
}

/** Running sums over the inputs taken so far. */
interface Tally {
  readonly value: Sat;
  readonly weight: number;
  readonly count: number;
}

function baseTally({ baseWeight, required = [] }: SelectionRequest<Candidate>): Tally {
  return tallyOf(baseWeight, required);
}

function tallyOf(baseWeight: number, inputs: readonly Candidate[]): Tally {
  return inputs.reduce(addTo, { value: ZERO_SAT, weight: baseWeight, count: 0 });
}

function addTo({ value, weight, count }: Tally, coin: Candidate): Tally {
  return { value: (value + coin.value) as Sat, weight: weight + coin.weight, count: count + 1 };
}

/** From 253 inputs on their number takes three bytes instead of one. */
function transactionWeight({ weight, count }: Tally): number {
  return count < 0xfd ? weight : weight + 4 * 2;
}

/** Values are compared in 1/4,000 sat: there a weight unit costs exactly `feeRate`, and sums need no rounding. */
const SCALE = 4000n;

/** The most that rounding a weight up to virtual bytes and a fee up to satoshi can add, in 1/4,000 sat. */
function roundingOf(feeRate: bigint): bigint {
  return 3n * feeRate + SCALE;
}

/** What a coin adds after it paid for its own input, in 1/4,000 sat. */
function effectiveValue(coin: Candidate, feeRate: bigint): bigint {
  return coin.value * SCALE - BigInt(coin.weight) * feeRate;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
