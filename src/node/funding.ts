import type { Sat } from '../base/amount.ts';
import { toHex } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';
import { ok, type Result } from '../base/result.ts';
import type { Role } from '../base/role.ts';
import type { Chain } from '../chain/port.ts';
import type { InputProblem } from '../channel/event.ts';
import type { Agreement, Witnesses } from '../channel/state.ts';
import { commitmentReserveSat } from '../tx/contract.ts';
import {
  type FundingPart,
  type FundingTerms,
  MAX_FUNDING_INPUTS,
  OPENER_WEIGHT,
  type ProvenInput,
} from '../tx/funding.ts';
import { decodeTx, outpointKey, type Tx } from '../tx/transaction.ts';
import type { SelectionError } from '../wallet/selection.ts';
import type { Wallet } from '../wallet/wallet.ts';

/** What decides a party's part of the funding transaction. */
export type PartTerms = Pick<FundingTerms, 'params' | 'contributions' | 'opener' | 'feeRateSatPerKvB'>;

/**
 * This party's coins for a channel, set aside under the channel's key: confirmed ones only, worth its contribution,
 * its fee and, for the opener, the commitment reserve and the fee of what is nobody's. Empty for a party that
 * contributes nothing.
 */
export async function fundingPart(
  wallet: Wallet,
  terms: PartTerms,
  role: Role,
  key: string,
): Promise<Result<FundingPart, SelectionError>> {
  const { params, contributions, opener, feeRateSatPerKvB } = terms;
  const opens = role === opener;
  if (contributions[role] === 0n && !opens) return ok({ inputs: [], change: null });
  const reserve = opens ? commitmentReserveSat(params.maxInFlight) : 0n;
  const contribution = await wallet.contribute({
    target: (contributions[role] / 1000n + reserve) as Sat,
    baseWeight: opens ? OPENER_WEIGHT : 0,
    feeRate: feeRateSatPerKvB,
    purpose: purposeOf(key),
    leastChange: params.dustLimitSat,
    limits: { maxInputs: MAX_FUNDING_INPUTS },
    policy: { change: false },
  });
  if (!contribution.ok) return contribution;
  const { inputs, change } = contribution.value;
  return ok({ inputs: inputs.map(({ previousTx, vout }) => ({ previousTx, vout })), change });
}

/** The opening failed: its coins are free again. */
export async function releasePart(wallet: Wallet, key: string): Promise<void> {
  await wallet.releasePurpose(purposeOf(key));
}

function purposeOf(key: string): string {
  return `channel ${key}`;
}

/** Where this party's coins of a channel go in the end. */
export async function payoutScript(wallet: Wallet): Promise<Uint8Array> {
  return wallet.newScript({ scheme: 'bip86' });
}

/** The first of the others' inputs that is not confirmed, or not what its proof says; `null` when all are good. */
export async function checkInputs(
  chain: Chain,
  inputs: readonly ProvenInput[],
): Promise<InputProblem | null> {
  for (const input of inputs) {
    const { owner } = input;
    const outpoint = outpointKey(input);
    const found = await chain.unspentOutput(input);
    if (found === undefined || found.confirmations < 1) return { code: 'inputNotConfirmed', owner, outpoint };
    if (found.value !== input.value || toHex(found.script) !== toHex(input.script))
      return { code: 'inputMismatch', owner, outpoint };
  }
  return null;
}

/** Our witnesses for the funding transaction, one for each of our inputs, in their order. */
export function signFundingInputs(wallet: Wallet, agreement: Agreement, role: Role): Witnesses {
  const { funding, proposal, producer, utility } = agreement;
  const parts = [proposal.consumer.part, producer.part, utility.part];
  const previous = parts.flatMap(({ inputs }) => inputs.map(({ previousTx }) => proofOf(previousTx)));
  const signed = wallet.signTx(funding.tx, previous);
  invariant(signed.ok, 'the wallet signs a transaction whose inputs were proved');
  return funding.inputs.flatMap(({ owner }, index) =>
    owner === role ? [signed.value.inputs[index]?.witness ?? []] : [],
  );
}

function proofOf(previousTx: Uint8Array): Tx {
  const decoded = decodeTx(previousTx);
  invariant(decoded.ok, 'proofs were decoded when the funding transaction was built');
  return decoded.value;
}
