import type { Sat } from '../base/amount.ts';
import { equalBytes } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import { hash160 } from '../crypto/hash.ts';
import { ANCHOR_SCRIPT } from '../tx/outputs.ts';
import type { Tx, TxOutput } from '../tx/transaction.ts';
import { isValidKeySpend, schemeOf } from './keySpend.ts';
import { inspectPsbt, type OpenPsbt, openPsbt, type PsbtError } from './psbt.ts';
import { decodeWitness } from './witnessStack.ts';

export interface FinalTx {
  readonly tx: Tx;
  readonly fee: Sat;
}

/**
 * The transaction of a PSBT that everyone has signed, ready to broadcast. The signatures of P2WPKH and P2TR
 * key inputs are verified, whoever made them; other scripts must come finalized and are left to the node.
 * Errors: `notSigned` with the inputs that wait, `badSignature`, `amountUnknown`, and those of reading it.
 */
export function finalizePsbt(bytes: Uint8Array): Result<FinalTx, PsbtError> {
  const summary = inspectPsbt(bytes);
  if (!summary.ok) return summary;
  const opened = openPsbt(bytes);
  if (!opened.ok) return opened;
  const spends = spendsOf(opened.value);
  if (!spends.ok) return spends;
  const missing = spends.value.flatMap((spend, index) => (spend === undefined ? [index] : []));
  if (missing.length > 0) return err({ code: 'notSigned', inputs: missing });
  const { fee, inputs } = summary.value;
  if (fee === null) return err({ code: 'amountUnknown', input: inputs.findIndex(({ spends }) => !spends) });
  const { tx } = opened.value;
  const signed = tx.inputs.map((input, index) => ({ ...input, ...spends.value[index] }));
  return ok({ tx: { ...tx, inputs: signed }, fee });
}

/** The witness of each input that is completely signed, verified as in {@link finalizePsbt}; `null` for those that wait. */
export function inputWitnesses(
  bytes: Uint8Array,
): Result<readonly (readonly Uint8Array[] | null)[], PsbtError> {
  const opened = openPsbt(bytes);
  if (!opened.ok) return opened;
  const spends = spendsOf(opened.value);
  return spends.ok ? ok(spends.value.map((spend) => spend?.witness ?? null)) : spends;
}

/** What goes into an input so that it spends. */
interface InputSpend {
  readonly scriptSig: Uint8Array;
  readonly witness: readonly Uint8Array[];
}

function spendsOf(opened: OpenPsbt): Result<readonly (InputSpend | undefined)[], PsbtError> {
  const spends: (InputSpend | undefined)[] = [];
  for (const index of opened.tx.inputs.keys()) {
    const spend = spendOf(opened, index);
    if (spend !== undefined && !isValid(opened, index, spend))
      return err({ code: 'badSignature', input: index });
    spends.push(spend);
  }
  return ok(spends);
}

const EMPTY = new Uint8Array(0);

function spendOf({ psbt, prevouts }: OpenPsbt, index: number): InputSpend | undefined {
  const { finalScriptSig, finalScriptWitness, partialSig, tapKeySig } = psbt.data.inputs[index] ?? {};
  if (finalScriptSig !== undefined || finalScriptWitness !== undefined) {
    // a witness that cannot be read counts as an empty one: no key signs that way
    const witness = finalScriptWitness === undefined ? [] : (decodeWitness(finalScriptWitness) ?? []);
    return { scriptSig: Uint8Array.from(finalScriptSig ?? EMPTY), witness };
  }
  const prevout = prevouts[index];
  if (prevout === undefined) return undefined;
  // pay-to-anchor is spent by anyone, with nothing
  if (equalBytes(prevout.script, ANCHOR_SCRIPT)) return { scriptSig: EMPTY, witness: [] };
  const scheme = schemeOf(prevout.script);
  if (scheme === 'bip86' && tapKeySig !== undefined)
    return { scriptSig: EMPTY, witness: [Uint8Array.from(tapKeySig)] };
  const signed = partialSig?.find(({ pubkey }) => equalBytes(hash160(pubkey), prevout.script.slice(2)));
  if (scheme !== 'bip84' || signed === undefined) return undefined;
  return {
    scriptSig: EMPTY,
    witness: [Uint8Array.from(signed.signature), Uint8Array.from(signed.pubkey)],
  };
}

function isValid({ tx, prevouts }: OpenPsbt, index: number, { scriptSig, witness }: InputSpend): boolean {
  const prevout = prevouts[index];
  const scheme = prevout && schemeOf(prevout.script);
  if (scheme === undefined) return true;
  if (scriptSig.length > 0) return false;
  if (scheme === 'bip86') {
    // more than one item is a script path, which only the node can judge
    if (witness.length > 1 || prevouts.includes(undefined)) return witness.length > 0;
  }
  return isValidKeySpend(tx, index, prevouts as readonly TxOutput[], witness);
}
