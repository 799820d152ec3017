import { equalBytes, toHex } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import { xOnly } from '../crypto/secp256k1.ts';
import { SIGHASH_ALL, type TxOutput } from '../tx/transaction.ts';
import { type CoinSigner, coinPathOf, coinScript, type Keychain, type Scheme } from './hd.ts';
import { SIGHASH_DEFAULT, signKeySpend } from './keySpend.ts';
import { guarded, type OpenPsbt, openPsbt, type PsbtError, saved } from './psbt.ts';

export interface SignedPsbt {
  readonly psbt: Uint8Array;
  /** The inputs that were signed now. */
  readonly signed: readonly number[];
}

/**
 * Signs the inputs that name a coin key of this keychain as their origin: P2WPKH and P2TR by key,
 * SIGHASH_ALL (or taproot's default), deterministic.
 *
 * An origin is believed only if its key makes the script that is spent, and only on the paths of coins: a
 * PSBT cannot ask for a signature by a channel key. P2WPKH needs the previous transaction as proof of the
 * amount, P2TR the amounts of all inputs, which its signature covers. Errors: those of reading it,
 * `amountUnproven`, `amountUnknown`, `unsafeSighash`.
 */
export function signPsbt(bytes: Uint8Array, keys: Keychain): Result<SignedPsbt, PsbtError> {
  const opened = openPsbt(bytes);
  if (!opened.ok) return opened;
  const signed: number[] = [];
  for (const [index, prevout] of opened.value.prevouts.entries()) {
    const own = prevout && ownKey(opened.value, index, prevout, keys);
    if (own === undefined) continue;
    const done = signInput(opened.value, index, own);
    if (!done.ok) return done;
    signed.push(index);
  }
  return ok({ psbt: saved(opened.value.psbt), signed });
}

interface OwnKey {
  readonly scheme: Scheme;
  readonly signer: CoinSigner;
}

function ownKey({ psbt }: OpenPsbt, index: number, prevout: TxOutput, keys: Keychain): OwnKey | undefined {
  const fields = psbt.data.inputs[index] ?? {};
  if (fields.finalScriptWitness !== undefined || fields.finalScriptSig !== undefined) return undefined;
  const derivations = [...(fields.bip32Derivation ?? []), ...(fields.tapBip32Derivation ?? [])];
  for (const { masterFingerprint, path } of derivations) {
    const coin = coinPathOf(path, keys.network);
    if (coin === undefined || toHex(masterFingerprint) !== keys.fingerprint) continue;
    const signer = keys.coinSigner(coin);
    if (equalBytes(coinScript(coin.scheme, signer.publicKey), prevout.script))
      return { scheme: coin.scheme, signer };
  }
  return undefined;
}

function signInput(
  { psbt, tx, prevouts }: OpenPsbt,
  index: number,
  { scheme, signer }: OwnKey,
): Result<unknown, PsbtError> {
  const fields = psbt.data.inputs[index] ?? {};
  const sighashType = fields.sighashType ?? (scheme === 'bip84' ? SIGHASH_ALL : SIGHASH_DEFAULT);
  if (sighashType !== SIGHASH_ALL && (scheme === 'bip84' || sighashType !== SIGHASH_DEFAULT))
    return err({ code: 'unsafeSighash', input: index, sighashType });
  if (scheme === 'bip84' && fields.nonWitnessUtxo === undefined)
    return err({ code: 'amountUnproven', input: index });
  const unknown = scheme === 'bip84' ? -1 : prevouts.indexOf(undefined);
  if (unknown >= 0) return err({ code: 'amountUnknown', input: unknown });
  // a P2WPKH signature covers its own input's amount only: the others need not be known
  const spent = prevouts as readonly TxOutput[];
  const signature = signKeySpend(tx, index, spent, scheme, signer, sighashType);
  return guarded(() => {
    if (scheme === 'bip86') {
      const tapInternalKey = xOnly(signer.publicKey);
      const known = fields.tapInternalKey === undefined ? { tapInternalKey } : {};
      if (fields.tapKeySig === undefined) psbt.data.updateInput(index, { ...known, tapKeySig: signature });
      return;
    }
    const already = fields.partialSig?.some(({ pubkey }) => equalBytes(pubkey, signer.publicKey)) ?? false;
    if (!already) psbt.data.updateInput(index, { partialSig: [{ pubkey: signer.publicKey, signature }] });
  });
}
