import type { Msat, Sat } from '../base/amount.ts';
import { equalBytes, toHex } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type PerRole, ROLES, type Role } from '../base/role.ts';
import { fundingSpec } from './commitment.ts';
import { type ChannelKeys, type ChannelParams, commitmentReserveSat, fundingValueSat } from './contract.ts';
import { outputScript } from './outputs.ts';
import {
  compareOutputs,
  decodeTx,
  type OutPoint,
  outpointKey,
  type Tx,
  type TxOutput,
  txid,
  unsignedInput,
} from './transaction.ts';
import {
  outputWeight,
  P2TR_INPUT_WEIGHT,
  P2WPKH_INPUT_WEIGHT,
  TX_OVERHEAD_WEIGHT,
  vbytes,
} from './weights.ts';

/** A coin that a party puts into the funding transaction, with the whole transaction that made it: proof of its amount and script. */
export interface FundingInput {
  readonly previousTx: Uint8Array;
  readonly vout: number;
}

/** What one party brings to the funding transaction. */
export interface FundingPart {
  readonly inputs: readonly FundingInput[];
  /** Where the party's change goes; `null` when its coins match to the satoshi or the rest would be dust. */
  readonly change: TxOutput | null;
}

/** A funding input whose proof was checked. */
export interface ProvenInput extends OutPoint, TxOutput {
  readonly owner: Role;
}

export type FundingError =
  | { readonly code: 'badPreviousTx'; readonly owner: Role; readonly index: number; readonly reason: string }
  | {
      readonly code: 'inputNotSegwit';
      readonly owner: Role;
      readonly outpoint: OutPoint;
      readonly script: string;
    }
  | { readonly code: 'inputShared'; readonly owner: Role; readonly outpoint: OutPoint }
  | { readonly code: 'tooManyInputs'; readonly owner: Role; readonly count: number }
  | {
      readonly code: 'contributionShort';
      readonly owner: Role;
      readonly neededSat: Sat;
      readonly broughtSat: bigint;
    }
  | { readonly code: 'changeNotSegwit'; readonly owner: Role; readonly script: string }
  | { readonly code: 'changeIsDust'; readonly owner: Role; readonly valueSat: Sat };

export const MAX_FUNDING_INPUTS = 20;

/** The terms that the funding transaction follows from. */
export interface FundingTerms {
  readonly params: ChannelParams;
  readonly keys: ChannelKeys;
  readonly contributions: PerRole<Msat>;
  readonly opener: Role;
  readonly feeRateSatPerKvB: bigint;
  readonly parts: PerRole<FundingPart>;
}

export interface Funding {
  readonly tx: Tx;
  readonly outpoint: OutPoint;
  /** In the order of the transaction's inputs. */
  readonly inputs: readonly ProvenInput[];
  readonly feeSat: Sat;
}

/**
 * The funding transaction that the three agreed on (protocol section 5): version 2, inputs in the order of
 * their outpoints, outputs by value and script, so that each party builds the same one for itself.
 *
 * Everyone pays the fee of its own inputs and change; the opener also that of the rest and the commitment
 * reserve. Errors name the party that brought too little or something that may not be used.
 */
export function buildFunding(terms: FundingTerms): Result<Funding, FundingError> {
  const inputs: ProvenInput[] = [];
  const seen = new Set<string>();
  for (const owner of ROLES) {
    const proven = proveInputs(owner, terms.parts[owner]);
    if (!proven.ok) return proven;
    for (const input of proven.value) {
      if (seen.has(outpointKey(input)))
        return err({ code: 'inputShared', owner, outpoint: { txid: input.txid, vout: input.vout } });
      seen.add(outpointKey(input));
      inputs.push(input);
    }
    const fault = checkPart(owner, terms, proven.value);
    if (fault !== undefined) return err(fault);
  }
  inputs.sort((a, b) => (a.txid === b.txid ? a.vout - b.vout : a.txid < b.txid ? -1 : 1));
  const script = outputScript(fundingSpec(terms));
  const outputs = [
    { value: fundingValueSat(terms), script },
    ...ROLES.flatMap((role) => terms.parts[role].change ?? []),
  ].sort(compareOutputs);
  const tx: Tx = { version: 2, inputs: inputs.map((input) => unsignedInput(input)), outputs, locktime: 0 };
  const vout = outputs.findIndex((output) => equalBytes(output.script, script));
  const feeSat = (sum(inputs) - sum(outputs)) as Sat;
  return ok({ tx, outpoint: { txid: txid(tx), vout }, inputs, feeSat });
}

/** Checks one party's inputs: each previous transaction is whole, has the output, and the output is native segwit, so that the funding id cannot change under the commitments. */
export function proveInputs(owner: Role, part: FundingPart): Result<readonly ProvenInput[], FundingError> {
  if (part.inputs.length > MAX_FUNDING_INPUTS)
    return err({ code: 'tooManyInputs', owner, count: part.inputs.length });
  const proven: ProvenInput[] = [];
  for (const [index, { previousTx, vout }] of part.inputs.entries()) {
    const decoded = decodeTx(previousTx);
    if (!decoded.ok) return err({ code: 'badPreviousTx', owner, index, reason: decoded.error.reason });
    const output = decoded.value.outputs[vout];
    if (output === undefined)
      return err({ code: 'badPreviousTx', owner, index, reason: `no output ${vout}` });
    const outpoint = { txid: txid(decoded.value), vout };
    if (!isSpendableSegwit(output.script))
      return err({ code: 'inputNotSegwit', owner, outpoint, script: toHex(output.script) });
    proven.push({ ...outpoint, ...output, owner });
  }
  return ok(proven);
}

function checkPart(
  owner: Role,
  terms: FundingTerms,
  inputs: readonly ProvenInput[],
): FundingError | undefined {
  const { change } = terms.parts[owner];
  if (change !== null && !isSpendableSegwit(change.script))
    return { code: 'changeNotSegwit', owner, script: toHex(change.script) };
  if (change !== null && change.value < terms.params.dustLimitSat)
    return { code: 'changeIsDust', owner, valueSat: change.value };
  const neededSat = partCost(owner, terms, inputs, change);
  const broughtSat = sum(inputs) - (change?.value ?? 0n);
  if (broughtSat < neededSat) return { code: 'contributionShort', owner, neededSat, broughtSat };
  return undefined;
}

/** What a party's inputs, less its change, must at least come to: contribution, fee share, and for the opener the reserve. */
export function partCost(
  owner: Role,
  terms: Pick<FundingTerms, 'params' | 'contributions' | 'opener' | 'feeRateSatPerKvB'>,
  inputs: readonly TxOutput[],
  change: TxOutput | null,
): Sat {
  const own = inputs.reduce((total, input) => total + inputWeight(input.script), 0);
  const back = change === null ? 0 : outputWeight(change.script);
  // rounded up: what parts of a satoshi come to together must not be missing from the fee
  const contribution = (terms.contributions[owner] + 999n) / 1000n;
  const opener = owner === terms.opener;
  const size = vbytes(own + back + (opener ? OPENER_WEIGHT : 0));
  const reserve = opener ? commitmentReserveSat(terms.params.maxInFlight) : 0n;
  return (contribution + reserve + (BigInt(size) * terms.feeRateSatPerKvB + 999n) / 1000n) as Sat;
}

/** What the opener's share covers besides its own inputs and change. */
export const OPENER_WEIGHT = TX_OVERHEAD_WEIGHT + 4 * 43;

function inputWeight(script: Uint8Array): number {
  return script.length === 22 ? P2WPKH_INPUT_WEIGHT : P2TR_INPUT_WEIGHT;
}

/** P2WPKH and P2TR: the two that the wallets here sign for. */
function isSpendableSegwit(script: Uint8Array): boolean {
  return (
    (script.length === 22 && script[0] === 0x00 && script[1] === 20) ||
    (script.length === 34 && script[0] === 0x51 && script[1] === 32)
  );
}

function sum(outputs: readonly { readonly value: bigint }[]): bigint {
  return outputs.reduce((total, output) => total + output.value, 0n);
}
