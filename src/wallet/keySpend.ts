import { Transaction } from 'bitcoinjs-lib';
import { concat, equalBytes } from '../base/bytes.ts';
import { hash160 } from '../crypto/hash.ts';
import { tinySecp256k1 } from '../crypto/tiny.ts';
import { scriptSignature } from '../tx/signature.ts';
import { encodeTx, SIGHASH_ALL, sighashV0, type Tx, type TxOutput } from '../tx/transaction.ts';
import type { CoinSigner, Scheme } from './hd.ts';

/** The default of taproot: as SIGHASH_ALL, and the signature has no byte for it. */
export const SIGHASH_DEFAULT = 0;

/** Which of the wallet's two kinds of output a script is; `undefined` for any other. */
export function schemeOf(script: Uint8Array): Scheme | undefined {
  if (script.length === 22 && script[0] === 0x00 && script[1] === 20) return 'bip84';
  if (script.length === 34 && script[0] === 0x51 && script[1] === 32) return 'bip86';
  return undefined;
}

/**
 * The signature by which input `index` spends `prevouts[index]` with its key alone: DER and SIGHASH_ALL for
 * P2WPKH (BIP143), BIP340 for P2TR (BIP341). The same arguments give the same signature.
 *
 * @param prevouts the outputs that the inputs spend, all of them
 * @param sighashType for P2TR, SIGHASH_DEFAULT or SIGHASH_ALL
 */
export function signKeySpend(
  tx: Tx,
  index: number,
  prevouts: readonly TxOutput[],
  scheme: Scheme,
  signer: CoinSigner,
  sighashType = SIGHASH_DEFAULT,
): Uint8Array {
  if (scheme === 'bip84')
    return scriptSignature(signer.sign(hashP2wpkh(tx, index, prevouts[index] as TxOutput)));
  const signature = signer.signTaproot(hashP2tr(tx, index, prevouts, sighashType));
  return sighashType === SIGHASH_DEFAULT ? signature : concat(signature, Uint8Array.of(sighashType));
}

/** Whether a witness spends `prevouts[index]` with its key and signs the whole transaction. Only for scripts with a {@link schemeOf}. */
export function isValidKeySpend(
  tx: Tx,
  index: number,
  prevouts: readonly TxOutput[],
  witness: readonly Uint8Array[],
): boolean {
  const prevout = prevouts[index] as TxOutput;
  const [signature, publicKey] = witness;
  if (signature === undefined) return false;
  if (schemeOf(prevout.script) === 'bip84') {
    if (witness.length !== 2 || publicKey === undefined || !tinySecp256k1.isPublicKey(publicKey))
      return false;
    const compact = compactOf(signature);
    return (
      compact !== undefined &&
      equalBytes(hash160(publicKey), prevout.script.slice(2)) &&
      tinySecp256k1.verify(hashP2wpkh(tx, index, prevout), publicKey, compact)
    );
  }
  const sighashType = signature.length === 64 ? SIGHASH_DEFAULT : signature[64];
  if (witness.length !== 1 || signature.length > 65) return false;
  if (signature.length === 65 && sighashType !== SIGHASH_ALL) return false;
  return tinySecp256k1.verifySchnorr(
    hashP2tr(tx, index, prevouts, sighashType ?? SIGHASH_DEFAULT),
    prevout.script.slice(2),
    signature.slice(0, 64),
  );
}

function hashP2wpkh(tx: Tx, index: number, { value, script }: TxOutput): Uint8Array {
  // BIP143: a P2WPKH program is signed as the P2PKH script of its hash
  const scriptCode = concat(Uint8Array.of(0x76, 0xa9, 20), script.slice(2), Uint8Array.of(0x88, 0xac));
  return sighashV0(tx, index, scriptCode, value);
}

function hashP2tr(tx: Tx, index: number, prevouts: readonly TxOutput[], sighashType: number): Uint8Array {
  return Transaction.fromBuffer(encodeTx(tx)).hashForWitnessV1(
    index,
    prevouts.map(({ script }) => script),
    prevouts.map(({ value }) => value),
    sighashType,
  );
}

/** The 64 bytes of a strict DER signature with SIGHASH_ALL; `undefined` for anything else. */
function compactOf(signature: Uint8Array): Uint8Array | undefined {
  const rLength = signature[3] ?? 0;
  const sLength = signature[5 + rLength] ?? 0;
  const r = leftPadded(signature.subarray(4, 4 + rLength));
  const s = leftPadded(signature.subarray(6 + rLength, 6 + rLength + sLength));
  if (r === undefined || s === undefined) return undefined;
  const compact = concat(r, s);
  return equalBytes(scriptSignature(compact), signature) ? compact : undefined;
}

function leftPadded(integer: Uint8Array): Uint8Array | undefined {
  const digits = integer[0] === 0 ? integer.subarray(1) : integer;
  if (digits.length === 0 || digits.length > 32) return undefined;
  return concat(new Uint8Array(32 - digits.length), digits);
}
