import { err, ok, type Result } from '../base/result.ts';
import { type Tx, txid, withWitness } from '../tx/transaction.ts';
import { branchKeys, type CoinPath, derivationPath, type Keychain } from './hd.ts';
import { ownerOf } from './lookahead.ts';
import { addOrigins, createPsbt, type KeyOrigin, type PsbtError, type PsbtInput } from './psbt.ts';
import { inputWitnesses } from './psbtFinalize.ts';
import { type SignedPsbt, signPsbt } from './psbtSign.ts';
import type { WalletState } from './state.ts';

/** Where the key of one of the wallet's scripts comes from; `undefined` for other scripts. */
function originOfScript(state: WalletState, script: Uint8Array): KeyOrigin | undefined {
  const owner = ownerOf(state, script);
  return owner?.type === 'wallet' ? originOfPath(state, owner) : undefined;
}

function originOfPath(state: WalletState, path: CoinPath): KeyOrigin | undefined {
  const account = state.accounts.find(({ scheme }) => scheme === path.scheme);
  if (account === undefined) return undefined;
  return {
    scheme: path.scheme,
    fingerprint: account.fingerprint,
    path: derivationPath(path, state.network),
    publicKey: branchKeys(account, path.branch, state.network)(path.index),
  };
}

/**
 * A transaction as a PSBT, with the origins of the wallet's own keys. The previous transactions of its own
 * coins are known, those of others come in `previousTxs`; `amountUnknown` names an input that lacks one.
 */
export function psbtOfTx(
  state: WalletState,
  tx: Tx,
  previousTxs: readonly Tx[] = [],
): Result<Uint8Array, PsbtError> {
  const brought = new Map(previousTxs.map((previous) => [txid(previous), previous]));
  const inputs: PsbtInput[] = [];
  for (const [index, { txid: id, vout, sequence }] of tx.inputs.entries()) {
    const previousTx = brought.get(id) ?? state.transactions[id]?.tx;
    const spent = previousTx?.outputs[vout];
    if (previousTx === undefined || spent === undefined) return err({ code: 'amountUnknown', input: index });
    inputs.push({ previousTx, vout, sequence, ...originField(state, spent.script) });
  }
  const outputs = tx.outputs.map((output) => ({ ...output, ...originField(state, output.script) }));
  return ok(createPsbt(inputs, outputs, tx));
}

function originField(state: WalletState, script: Uint8Array): { readonly origin?: KeyOrigin } {
  const origin = originOfScript(state, script);
  return origin === undefined ? {} : { origin };
}

/** Signs the wallet's inputs of a PSBT from anywhere: its keys are found by their scripts, whether or not it names them. */
export function signOwnInputs(
  state: WalletState,
  psbt: Uint8Array,
  keys: Keychain,
): Result<SignedPsbt, PsbtError> {
  const known = addOrigins(psbt, (script) => originOfScript(state, script));
  return known.ok ? signPsbt(known.value, keys) : known;
}

/** The transaction with the witnesses of the wallet's own inputs; the others stay as they are. */
export function signOwnTx(
  state: WalletState,
  tx: Tx,
  keys: Keychain,
  previousTxs: readonly Tx[] = [],
): Result<Tx, PsbtError> {
  const psbt = psbtOfTx(state, tx, previousTxs);
  if (!psbt.ok) return psbt;
  const signed = signPsbt(psbt.value, keys);
  if (!signed.ok) return signed;
  const witnesses = inputWitnesses(signed.value.psbt);
  if (!witnesses.ok) return witnesses;
  return ok(
    signed.value.signed.reduce((done, index) => withWitness(done, index, witnesses.value[index] ?? []), tx),
  );
}
